"""What is known about an icon: whether its host and its name say what it is."""

from __future__ import annotations

import pytest

from gui.icon_facts import IconFacts, IconState, Picture, false_claim


@pytest.mark.parametrize(
    ("kind", "content_type", "url", "claim"),
    [
        ("png", "image/png", "https://a.example/a.png", ""),
        ("png", "IMAGE/PNG; charset=binary", "https://a.example/a", ""),
        ("png", "image/gif", "https://a.example/a.png", "image/gif"),
        ("svg", "text/html", "https://a.example/a.svg", "text/html"),
        ("jpeg", "image/jpg", "https://a.example/a.jpg", ""),
        ("ico", "image/vnd.microsoft.icon", "https://a.example/favicon.ico", ""),
        ("ico", "", "https://a.example/logo.png?size=3.gif", ".png"),
        ("png", "application/octet-stream", "https://a.example/a.svg#b.png", ".svg"),
        ("png", "", "https://a.example/index.php", ""),
        ("gif", "image/png", "data:image/png;base64,AA", "image/png"),
    ],
)
def test_a_format_that_is_not_the_one_that_was_said(
    kind: str, content_type: str, url: str, claim: str
) -> None:
    picture = Picture(kind, 8, 8, alpha=False, blank=False, frames=1)
    facts = IconFacts(url, IconState.READY, picture=picture, content_type=content_type)
    assert false_claim(facts) == claim


def test_without_a_picture_nothing_is_claimed() -> None:
    assert false_claim(IconFacts("https://a.example/a.png", IconState.BROKEN)) == ""
