"""Rules about how images are served: enabled or not, signed or not, how long cached."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from imgix_provider.deployments.table import CREDENTIALS
from imgix_provider.deployments.values import is_unsigned_proxy
from imgix_provider.review.model import Action, Change, Severity, Source, Special, Stack
from imgix_provider.review.rules.rule import SECURING, SETTINGS, SOURCES, Hit, Rule
from imgix_provider.review.served import hosts_now, is_served, served_now, served_then
from imgix_provider.review.words import code, codes, duration


def _addresses(source: Source) -> str:
    hosts = sorted(hosts_now(source))
    return f"its addresses ({codes(hosts)})" if 0 < len(hosts) <= 4 else "its addresses"


def _disabled(stack: Stack) -> Iterator[Hit]:
    for source in stack.sources:
        if not is_served(source):
            continue
        if source.action is Action.DISABLED:
            why = "is deleted from the stack, which disables it"
        elif source.after and source.after.argument("enabled") is False and source.now:
            why = "is disabled"
        else:
            continue
        if source.action is not Action.LEFT_ALONE:
            yield Hit(
                source,
                f"{why}: {_addresses(source)} answer 410 Gone for what is not cached, and stay "
                "taken",
                "Make sure that nothing links to it any more.",
            )


def _released(stack: Stack) -> Iterator[Hit]:
    for source in stack.sources:
        if source.action is Action.RELEASED:
            yield Hit(
                source,
                f"is deleted from the stack, which frees its domains and disables it: "
                f"{_addresses(source)} answer 404 or 410, and others can take them",
                "Make sure that nothing links to it any more.",
            )


def _replaced(stack: Stack) -> Iterator[Hit]:
    for source in stack.sources:
        if source.action is Action.REPLACED and source.type_change is None:
            yield Hit(
                source,
                "is replaced though its type stays (--replace, a taint, or replaceOnChanges): if "
                "the new source needs a domain of it, imgix refuses that, or this one is kept",
                f"For another source, set {code('on_delete=release')}, remove it, run pulumi up, "
                "and declare it again.",
            )
        elif source.action is Action.REPLACED:
            yield Hit(
                source,
                "is replaced: the old source is deleted first, the new one has another id and "
                "another token for signing URLs, and nothing serves in between",
                'To change the source in place, leave on_type_change at "update".',
            )


def _enabled(stack: Stack) -> Iterator[Hit]:
    for source in stack.sources:
        views = (source.before, source.after)
        if source.action is not Action.UPDATED or is_served(source) or None in views:
            continue
        if [view and view.argument("enabled") for view in views] == [False, True]:
            yield Hit(source, "is enabled: it serves images again")


def _signed(stack: Stack) -> Iterator[Hit]:
    for source in _comparable(stack):
        key = "secure_url_enabled"
        if served_now(source, key) is False and served_then(source, key) is True:
            yield Hit(
                source,
                "requires signed URLs: every unsigned URL in use answers 403 afterwards",
                "Have your sites ready to sign: the token is there once the deploy has ended.",
            )


def _unsigned(stack: Stack) -> Iterator[Hit]:
    for source in _comparable(stack):
        key = "secure_url_enabled"
        if served_now(source, key) is True and served_then(source, key) is False:
            yield Hit(
                source,
                "no longer requires signed URLs: anyone can transform its images, at your cost",
                "Make sure that this is intended.",
            )


def _unsigned_proxy(stack: Stack) -> Iterator[Hit]:
    for source in stack.sources:
        if source.after and is_unsigned_proxy(source.after.declared):
            yield Hit(
                source,
                "is a web proxy without signed URLs, which imgix refuses",
                "Leave secure_url_enabled out, or set it to true.",
            )


def _credentials(source: Source, wanted: Callable[[Change], bool]) -> list[str]:
    """Return the wanted changes of credentials of a source that keeps its type."""
    changes = source.changes if source.type_change is None else ()
    return [each.path for each in changes if each.path in CREDENTIALS and wanted(each)]


def _credential(stack: Stack) -> Iterator[Hit]:
    for source in stack.sources:
        named = _credentials(source, lambda each: each.before is each.after is Special.SECRET)
        hidden = [key for key in source.hidden if key in CREDENTIALS]
        if named:
            what = f"{codes(named)} {'changes' if len(named) == 1 else 'change'}"
        elif hidden:
            what = f"a secret changes, which the preview masks: {_either(hidden)}"
        else:
            continue
        yield Hit(
            source,
            f"{what}; imgix uses the old one until the deploy has ended",
            "Keep the old key valid until then.",
        )


def _credential_removed(stack: Stack) -> Iterator[Hit]:
    for source in stack.sources:
        removed = _credentials(source, lambda each: each.after is Special.ABSENT)
        if removed and source.action is Action.UPDATED:
            are = "is" if len(removed) == 1 else "are"
            yield Hit(
                source,
                f"{codes(removed)} {are} removed, which imgix cannot give back",
                "Make sure that the origin serves without it.",
            )


def _either(keys: list[str]) -> str:
    return code(keys[0]) if len(keys) == 1 else f"one or more of {codes(keys)}"


def _lowered(stack: Stack) -> Iterator[Hit]:
    for source in _comparable(stack):
        for key, what in (
            ("cache_ttl_value", "images are fetched and rendered that much more often"),
            ("cache_ttl_error", "a failing origin is tried that much more often"),
        ):
            now, then = served_now(source, key), served_then(source, key)
            if _is_count(now) and _is_count(then) and 0 < then * 10 <= now:
                yield Hit(
                    source,
                    f"{code(key)} falls from {duration(now)} to {duration(then)}: {what}",
                    "Make sure that the origin can take it.",
                )


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _minimum_dropped(stack: Stack) -> Iterator[Hit]:
    for source in _comparable(stack):
        now, then = served_now(source, _BEHAVIOR), served_then(source, _BEHAVIOR)
        if now == "enforce_minimum" and isinstance(then, str) and then != now:
            sentence = f"gives up {code('enforce_minimum')} for {code(then)}"
            if then == "respect_origin":
                sentence += (
                    ": an origin that sends a short TTL, or no-store, is asked far more often"
                )
                if source.after and source.after.type == "gcs":
                    sentence += "; Google Cloud Storage does so for files without a header"
            yield Hit(source, sentence, "Check what the origin sends as Cache-Control.")


_BEHAVIOR = "cache_ttl_behavior"


def _comparable(stack: Stack) -> Iterator[Source]:
    """Yield the sources that stay and are known before and after."""
    for source in stack.sources:
        if source.action in (Action.UPDATED, Action.REPLACED) and source.now and source.after:
            yield source


RULES = (
    Rule(
        "webproxy-unsigned",
        Severity.ERROR,
        "A web proxy is declared without signed URLs, which imgix refuses.",
        SOURCES,
        _unsigned_proxy,
    ),
    Rule(
        "source-replaced",
        Severity.WARNING,
        "A source is deleted and created again, with another id and token.",
        SOURCES,
        _replaced,
    ),
    Rule(
        "source-disabled",
        Severity.WARNING,
        "A source is disabled, by its declaration or because it leaves the stack: 410 Gone for "
        "what is not cached.",
        SOURCES,
        _disabled,
    ),
    Rule(
        "source-released",
        Severity.WARNING,
        "A source leaves the stack, and its domains are freed.",
        SOURCES,
        _released,
    ),
    Rule(
        "signed-urls-on",
        Severity.WARNING,
        "Signed URLs are required: unsigned ones answer 403.",
        SECURING,
        _signed,
    ),
    Rule(
        "signed-urls-off",
        Severity.WARNING,
        "Signed URLs are no longer required: anyone can transform the images.",
        SECURING,
        _unsigned,
    ),
    Rule(
        "credential-changed",
        Severity.WARNING,
        "A credential changes; the old one is used until the deploy has ended.",
        SOURCES,
        _credential,
    ),
    Rule(
        "credential-removed",
        Severity.WARNING,
        "A credential is removed, which imgix cannot give back.",
        SOURCES,
        _credential_removed,
    ),
    Rule(
        "ttl-lowered",
        Severity.WARNING,
        "A TTL falls to a tenth or less, which multiplies requests to the origin.",
        SETTINGS,
        _lowered,
    ),
    Rule(
        "enforce-minimum-dropped",
        Severity.WARNING,
        "A source gives up enforce_minimum, so that the origin's short TTLs count.",
        SETTINGS,
        _minimum_dropped,
    ),
    Rule(
        "source-enabled",
        Severity.NOTE,
        "A disabled source serves images again.",
        SOURCES,
        _enabled,
    ),
)
