"""What the window and the icon process say to each other: requests and answers as frames.

Only data goes over the wire (JSON and pixels): what the network sent has passed through that
process, so nothing of it may become code in this one.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, fields
from operator import attrgetter
from typing import Any, Final

from db.errors import Problem
from gui.frames import Header
from gui.icon_facts import IconFacts, IconState, Picture, Size
from gui.icon_policy import IconPolicy

_picture_values: Final = attrgetter(*(each.name for each in fields(Picture)))


@dataclass(slots=True)
class Request:
    """Sizes of one address that a view wants.

    `anew` goes past the cache. An empty `url` is one that was asked for before and not answered
    yet: it comes first now.
    """

    key: str
    url: str
    sizes: set[Size]
    anew: bool = False


@dataclass(slots=True)
class Answer:
    """What became of a request; without `facts` it is being loaded.

    `pixels` are premultiplied ARGB, 4 bytes each, of the squares in the wanted sizes. With
    `is_another` the pictures of earlier answers are out of date. The facts of a data: address do
    not repeat it: their `url` is "data:".
    """

    key: str
    facts: IconFacts | None = None
    pixels: dict[Size, bytes] = field(default_factory=dict)
    is_another: bool = False


# Requests -------------------------------------------------------------------------------------


def pack_requests(requests: Iterable[Request]) -> tuple[Header, bytes]:
    """The header and body of a frame with these requests."""
    told: list[list[object]] = []
    long: list[bytes] = []
    for request in requests:
        text = b""
        if request.url and request.url != request.key:
            text = encoded(request.url)
            long.append(text)
        is_new = bool(request.url)
        told.append([request.key, is_new, len(text), list(request.sizes), request.anew])
    return {"do": "request", "requests": told}, b"".join(long)


def unpack_requests(header: Header, body: bytes) -> list[Request]:
    """The requests of a frame, in their order."""
    requests = []
    start = 0
    for key, is_new, length, sizes, anew in header["requests"]:
        end = start + length
        url = decoded(body[start:end]) if length else key if is_new else ""
        requests.append(Request(key, url, _sizes(sizes), anew))
        start = end
    return requests


def encoded(url: str) -> bytes:
    """A long address as it stands in the body of a frame; data: addresses have millions of letters,
    which JSON would look at one by one."""
    return url.encode("utf-8", "surrogatepass")


def decoded(text: bytes) -> str:
    return text.decode("utf-8", "surrogatepass")


# Answers --------------------------------------------------------------------------------------


def pack_answers(answers: Sequence[Answer], policy: int) -> tuple[Header, bytes]:
    """The header and body of a frame with these answers under the policy of that number."""
    told = []
    pixels: list[bytes] = []
    for answer in answers:
        facts = None if answer.facts is None else _facts_data(answer.key, answer.facts)
        told.append([answer.key, facts, list(answer.pixels), answer.is_another])
        pixels += answer.pixels.values()
    return {"answers": told, "policy": policy}, b"".join(pixels)


def unpack_answers(header: Header, body: bytes) -> list[Answer]:
    """The answers of a frame, in their order."""
    answers = []
    start = 0
    for key, facts, sizes, is_another in header["answers"]:
        pixels = {}
        for edge, ratio in sizes:
            end = start + round(edge * ratio) ** 2 * 4
            pixels[edge, ratio] = body[start:end]
            start = end
        told = None if facts is None else _facts_from(key, facts)
        answers.append(Answer(key, told, pixels, is_another))
    return answers


def _facts_data(key: str, facts: IconFacts) -> list[object]:
    return [
        "" if facts.url == key else facts.url,
        facts.state.value,
        problem_data(facts.reason),
        picture_data(facts.picture),
        None if facts.final_url == facts.url else facts.final_url,
        facts.content_type,
        facts.size_bytes,
        facts.status,
        facts.fetched,
        facts.retry_at,
    ]


def _facts_from(key: str, data: list[Any]) -> IconFacts:
    """Facts of which thousands are kept: what is the same text is the same object."""
    url, state, reason, picture, final_url, content_type, size_bytes, status, *moments = data
    url = url or key
    return IconFacts(
        url,
        IconState(state),
        problem_from(reason),
        picture_from(picture),
        size_bytes,
        url if final_url is None else final_url,
        status,
        sys.intern(content_type),
        *moments,
    )


def problem_data(problem: Problem | None) -> list[object] | None:
    """A sentence as JSON has it."""
    return None if problem is None else [problem.template, problem.values]


def problem_from(data: list[Any] | None) -> Problem | None:
    """The sentence of `problem_data`."""
    return None if data is None else Problem(data[0], **data[1])


def picture_data(picture: Picture | None) -> tuple[object, ...] | None:
    """Facts of a picture as JSON has them."""
    return None if picture is None else _picture_values(picture)


def picture_from(data: list[Any] | None) -> Picture | None:
    """The facts of `picture_data`."""
    return None if data is None else Picture(sys.intern(data[0]), *data[1:])


# Policies -------------------------------------------------------------------------------------


def pack_policy(policy: IconPolicy, number: int) -> Header:
    """The header of the frame that makes a policy hold from then on."""
    told = asdict(policy)
    return {"do": "policy", **told, "allowed_hosts": sorted(policy.allowed_hosts), "number": number}


def unpack_policy(header: Header) -> IconPolicy:
    """The policy of a frame."""
    return IconPolicy(header["load"], frozenset(header["allowed_hosts"]), header["offline"])


def _sizes(sizes: Iterable[Sequence[Any]]) -> set[Size]:
    return {(edge, ratio) for edge, ratio in sizes}
