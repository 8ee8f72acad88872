"""Lists: filters, sorts, pages, sparse fields, and what they refuse."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from imgix_testing.server import SimulatedImgix

Call = Callable[..., requests.Response]

ACCOUNT: list[dict[str, Any]] = [
    {"name": "b", "deployment": {"type": "s3", "s3_bucket": "one", "imgix_subdomains": ["s-1"]}},
    {
        "name": "a",
        "deployment": {
            "type": "gcs",
            "gcs_bucket": "one",
            "imgix_subdomains": ["g-1", "g-2"],
            "custom_domains": ["img.acme.example"],
        },
        "enabled": False,
    },
    {"name": "c", "deployment": {"type": "azure", "azure_bucket": "one"}},
    {
        "name": "a",
        "deployment": {
            "type": "s3_compatible",
            "bucket_name": "two",
            "region": "eu",
            "storage_provider": "Linode",
        },
    },
    {"name": "d", "deployment": {"type": "webfolder", "webfolder_base_url": "https://a.example/"}},
]


@pytest.fixture
def ids(imgix: SimulatedImgix, clock: list[float]) -> list[str]:
    """The ids of five sources, each deployed a second after the one before."""
    made = []
    for source in ACCOUNT:
        made.append(imgix.add_source(**source))
        clock[0] += 1
    return made


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, [0, 1, 2, 3, 4]),
        ({"filter[name]": "a"}, [1, 3]),
        ({"filter[enabled]": "false"}, [1]),
        ({"filter[enabled]": "true"}, [0, 2, 3, 4]),
        ({"filter[name]": "a", "filter[enabled]": "true"}, [3]),
        ({"filter[deployment.type]": "s3"}, [0]),
        ({"filter[deploymeny.type]": "s3"}, [0]),
        ({"filter[deployment.s3_bucket]": "one"}, [0]),
        ({"filter[deployment.gcs_bucket]": "one"}, [1]),
        ({"filter[deployment.azure_bucket]": "one"}, [2]),
        ({"filter[deployment.bucket_name]": "two"}, [3]),
        ({"filter[deployment.region]": "eu"}, [3]),
        ({"filter[deployment.storage_provider]": "Linode"}, [3]),
        ({"filter[deployment.webfolder_base_url]": "https://a.example/"}, [4]),
        ({"filter[deployment.imgix_subdomains]": "g-2"}, [1]),
        ({"filter[deployment.imgix_subdomains]": "g-"}, []),
        ({"filter[deployment.custom_domains]": "img.acme.example"}, [1]),
        ({"sort": "name"}, [1, 3, 0, 2, 4]),
        ({"sort": "-name"}, [4, 2, 0, 1, 3]),
        ({"sort": "name,-date_deployed"}, [3, 1, 0, 2, 4]),
        ({"sort": "-date_deployed"}, [4, 3, 2, 1, 0]),
        ({"sort": "enabled,-name"}, [1, 4, 2, 0, 3]),
        ({"sort": "name", "page[size]": "2", "page[number]": "1"}, [0, 2]),
        ({"page[size]": "2", "page[number]": "9"}, []),
    ],
)
def test_lists_hold_what_was_asked_for(
    call: Call, ids: list[str], parameters: dict[str, str], expected: list[int]
) -> None:
    """Filters are ANDed, sorts apply in order, and pages count from zero."""
    answer = call("GET", "/sources", params=parameters)
    assert answer.status_code == 200
    assert [ids.index(entry["id"]) for entry in answer.json()["data"]] == expected


def test_string_filters_can_match_parts() -> None:
    """An account can be told to match parts of strings, which imgix does not rule out."""
    with SimulatedImgix(filter_match="part") as imgix:
        imgix.add_source(name="Blog")
        key = {"Authorization": f"Bearer {imgix.api_key}"}
        parameters = {"filter[name]": "lo"}
        answer = requests.get(f"{imgix.url}/sources", params=parameters, headers=key, timeout=5)
        assert [entry["attributes"]["name"] for entry in answer.json()["data"]] == ["Blog"]


def test_pages_are_of_twenty_and_say_where_they_are(imgix: SimulatedImgix, call: Call) -> None:
    """Without a size a page holds twenty, and the pagination leads from page to page."""
    for number in range(45):
        imgix.add_source(name=str(number))
    keys = ("currentPage", "previousPage", "nextPage", "hasPreviousPage", "hasNextPage")
    seen, positions = [], []
    page: int | None = 0
    while page is not None:
        document = call("GET", "/sources", params={"page[number]": page}).json()
        pagination = document["meta"]["pagination"]
        assert (pagination["totalRecords"], pagination["totalPages"]) == (45, 3)
        assert pagination["pageSize"] == 20
        seen += [entry["attributes"]["name"] for entry in document["data"]]
        positions.append(tuple(pagination[key] for key in keys))
        page = pagination["nextPage"]
    assert seen == [str(number) for number in range(45)]
    assert positions == [
        (0, None, 1, False, True),
        (1, 0, 2, True, True),
        (2, 1, None, True, False),
    ]
    assert len(call("GET", "/sources", params={"page[size]": 100}).json()["data"]) == 45


def test_sparse_fields_narrow_the_reply(call: Call, ids: list[str]) -> None:
    """Only the fields asked for are shown, in lists and for one source."""
    parameters = {"fields[sources]": "name,deployment.type"}
    expected = {"name": "b", "deployment": {"type": "s3"}}
    listed = call("GET", "/sources", params=parameters).json()["data"][0]
    assert listed.pop("relationships")
    assert listed == {"attributes": expected, "id": ids[0], "type": "sources"}
    one = call("GET", f"/sources/{ids[0]}", params=parameters).json()["data"]
    assert one["attributes"] == expected
    whole = call("GET", f"/sources/{ids[0]}", params={"fields[sources]": "deployment"}).json()
    assert whole["data"]["attributes"]["deployment"]["s3_bucket"] == "one"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("filter[colour]", "blue"),
        ("filter[deployment.s3_secret_key]", "x"),
        ("filter[enabled]", "yes"),
        ("filter[deployment.type]", "ftp"),
        ("sort", "id"),
        ("sort", "name,"),
        ("page[number]", "-1"),
        ("page[number]", "one"),
        ("page[size]", "0"),
        ("page[size]", "101"),
        ("fields[sources]", "colour"),
        ("include", "account"),
    ],
)
def test_undocumented_parameters_are_refused(call: Call, name: str, value: str) -> None:
    """A parameter or a value that is not documented is a 400 that names the parameter."""
    answer = call("GET", "/sources", params={name: value})
    assert answer.status_code == 400
    assert name in answer.json()["errors"][0]["detail"]


def test_one_source_takes_no_filters(call: Call, ids: list[str]) -> None:
    """The parameters of lists are refused where there is only one source."""
    assert call("GET", f"/sources/{ids[0]}", params={"sort": "name"}).status_code == 400
