"""A pull request's conversation as GitHub and GitLab serve it: one list of comments, two APIs.

GitHub's is documented on https://docs.github.com/rest/issues/comments, GitLab's on
https://docs.gitlab.com/api/notes.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import attrs

TOKEN = "token-that-writes"
MOST_A_PAGE = 100


@attrs.define
class Comment:
    """One comment."""

    id: int
    author: str
    body: str


class Conversation:
    """A server with the comments of one pull request, which a token of `author` writes to."""

    def __init__(self, author: str) -> None:
        """Start the server on a free port."""
        self.author = author
        self.comments: list[Comment] = []
        self.requests: list[tuple[str, str]] = []
        """The method and path of each request."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_for(self))
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where the API is."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        """Stop the server."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def add(self, body: str, author: str = "") -> Comment:
        """Add a comment at the end."""
        comment = Comment(1_000 + len(self.comments), author or self.author, body)
        self.comments.append(comment)
        return comment

    def talk(self, number: int) -> None:
        """Add what people say."""
        for count in range(number):
            self.add(f"remark {count}", "octocat")

    @property
    def writes(self) -> list[str]:
        """The methods of the requests that change something."""
        return [method for method, _ in self.requests if method != "GET"]

    def page(self, query: str) -> tuple[list[Comment], int]:
        """Return the comments of a page, and the number of the next one or 0."""
        asked = parse_qs(query)
        size = min(int(asked.get("per_page", ["30"])[0]), MOST_A_PAGE)
        number = int(asked.get("page", ["1"])[0])
        shown = self.comments[(number - 1) * size : number * size]
        return shown, number + 1 if number * size < len(self.comments) else 0

    def write(self, method: str, identity: str, body: str) -> tuple[int, Comment | None]:
        """Make a comment, or change one; return the status and the comment."""
        if len(body) > 65_536 or not body.strip():
            return 422, None
        if method == "POST":
            return 201, self.add(body)
        for comment in self.comments:
            if str(comment.id) == identity:
                comment.body = body
                return 200, comment
        return 404, None


_GITHUB = re.compile(r"/repos/acme/images/issues/(?:7/comments|comments/(?P<id>\d+))")
_GITLAB = re.compile(r"/projects/12/merge_requests/7/notes(?:/(?P<id>\d+))?")


def _handler_for(conversation: Conversation) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do(self) -> None:
            url = urlsplit(self.path)
            conversation.requests.append((self.command, self.path))
            length = int(self.headers.get("Content-Length") or 0)
            text = self.rfile.read(length).decode()
            token = self.headers.get("Private-Token", "")
            is_gitlab = bool(token)
            token = token or self.headers.get("Authorization", "").removeprefix("token ")
            if token != TOKEN and self.command != "GET":
                return self.answer(403, {"message": "Resource not accessible by integration"})
            if is_gitlab and url.path == "/user":
                return self.answer(200, {"id": _id_of(conversation.author)})
            found = (_GITLAB if is_gitlab else _GITHUB).fullmatch(url.path)
            show = _note if is_gitlab else _comment
            if not found:
                return self.answer(404, {"message": "Not Found"})
            if self.command == "GET":
                shown, following = conversation.page(url.query)
                link = re.sub(r"&page=\d+", "", f"{conversation.url}{self.path}")
                headers = {"X-Next-Page": str(following or "")} if is_gitlab else {}
                if following and not is_gitlab:
                    headers["Link"] = f'<{link}&page={following}>; rel="next"'
                return self.answer(200, [show(each) for each in shown], headers)
            body = parse_qs(text)["body"][0] if is_gitlab else json.loads(text)["body"]
            status, comment = conversation.write(self.command, found["id"] or "", body)
            return self.answer(status, show(comment) if comment else {"message": "refused"})

        do_GET = do_POST = do_PATCH = do_PUT = do  # noqa: N815

        def answer(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    return Handler


def _id_of(author: str) -> int:
    return sum(author.encode())


def _comment(comment: Comment) -> dict[str, Any]:
    return {
        "id": comment.id,
        "user": {"login": comment.author},
        "body": comment.body,
        "html_url": f"https://github.com/acme/images/pull/7#issuecomment-{comment.id}",
    }


def _note(comment: Comment) -> dict[str, Any]:
    author = {"id": _id_of(comment.author), "username": comment.author}
    return {"id": comment.id, "author": author, "body": comment.body, "system": False}
