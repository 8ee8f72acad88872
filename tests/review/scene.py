"""The pull request that a report must make plain: seven changes in three environments.

It changes a TTL, removes an annotation, rotates a secret, converts a Web Folder to S3 Compatible,
adds a Google Cloud Storage source, drops an Azure one and moves a domain. In production somebody
changed a TTL by hand.
"""

from __future__ import annotations

from tests.review.documents import Case, azure, compatible, folder, gcs, inputs, outputs, s3

ENVIRONMENTS = ("dev", "staging", "prod")


def scene(stack: str) -> Case:
    """Return the preview of one environment, compared with imgix, with what does not change."""
    case = Case(stack, "images")
    case.steps.clear()
    case.summary.clear()
    case.step("refresh", case.state_of_stack(), case.state_of_stack())
    case.step("same", case.state_of_stack(), case.state_of_stack())

    blog = s3(f"acme-blog-{stack}", annotation="before the move", cache_ttl_value=86_400)
    blog["s3_bucket"] = "acme-blog"
    by_hand = {**blog, "cache_ttl_value": 3_600} if stack == "prod" else blog
    declared = {**blog, "cache_ttl_value": 172_800}
    del declared["annotation"]
    case.refreshed("blog", inputs(blog), inputs(by_hand), inputs(declared))

    shop = inputs(s3(f"acme-shop-{stack}", s3_bucket="acme-shop"), "Shop")
    before = case.state("shop", shop, outputs(shop))
    case.step("refresh", before, before)
    case.step("update", before, case.state("shop", shop))
    case.says('imgix source "Shop": s3_secret_key changes; imgix deploys the source again')

    press = inputs(folder(f"acme-press-{stack}"), "Press")
    pressed = inputs(compatible(f"acme-press-{stack}", bucket_name="acme-press"), "Press")
    case.refreshed("press", press, press, pressed)
    case.says(
        'imgix source "Press": the type changes from webfolder to s3_compatible; '
        "webfolder_base_url goes; access_key_id, bucket_name, endpoint_url, region, secret_key, "
        "storage_provider come; the source stays the same"
    )

    case.create("media", inputs(gcs(f"acme-media-{stack}", gcs_bucket="acme-media"), "Media"))

    legacy = inputs(azure(f"acme-legacy-{stack}"), "Legacy")
    case.refreshed("legacy", legacy, legacy, None)

    archive = inputs(folder(f"acme-archive-{stack}", f"acme-photos-{stack}"), "Archive")
    archived = inputs(folder(f"acme-archive-{stack}"), "Archive")
    case.refreshed("archive", archive, archive, archived)
    gallery = inputs(folder(f"acme-gallery-{stack}"), "Gallery")
    enlarged = inputs(folder(f"acme-gallery-{stack}", f"acme-photos-{stack}"), "Gallery")
    case.refreshed("gallery", gallery, gallery, enlarged)

    still = inputs(folder(f"acme-still-{stack}"), "Still")
    return case.refreshed("still", still, still, still)
