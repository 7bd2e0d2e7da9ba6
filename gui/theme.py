"""Light and dark: palettes, the colours that carry a meaning, and tinted symbols.

Fusion with explicit palettes, and no style sheet: one would wrap the style and slow every paint.
"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from typing import Final, NamedTuple, Protocol

from PySide6.QtCore import QByteArray, QObject, QRectF, Qt, Signal, Slot
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtWidgets import QApplication

from gui import resources

ICON_SIZES = (16, 24)
"""The sizes in px that an icon holds, each drawn for the finest screen."""
APP_ICON_SIZES = (16, 24, 32, 48, 64, 128, 256)
LARGE = 40
"""From this size in px on, symbols are drawn with a thinner line."""


class Scheme(StrEnum):
    """What the user chose."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class Colors(NamedTuple):
    """The colours of one scheme, as #rrggbb. Text colours reach 4.5:1 on `window` and `base`."""

    dark: bool
    window: str
    base: str
    stripe: str
    button: str
    text: str
    muted: str
    disabled: str
    highlight: str
    highlighted_text: str
    link: str
    warning: str
    error: str
    ok: str
    border: str
    grid: str
    tooltip: str
    check: str
    """The ground of a box to tick: 3:1 on `window` and `base` in dark, where Qt draws no line."""


LIGHT = Colors(
    dark=False,
    window="#f2f4f7",
    base="#ffffff",
    stripe="#f6f8fb",
    button="#f8f9fb",
    text="#1b2330",
    muted="#596475",
    disabled="#929cab",
    highlight="#1f62c4",
    highlighted_text="#ffffff",
    link="#1a5bb8",
    warning="#855100",
    error="#b3261e",
    ok="#1c6b3c",
    border="#c3cad4",
    grid="#e1e5eb",
    tooltip="#ffffff",
    check="#ffffff",
)
DARK = Colors(
    dark=True,
    window="#272c34",
    base="#191c21",
    stripe="#1e2228",
    button="#353c47",
    text="#e7eaef",
    muted="#abb5c3",
    disabled="#75808f",
    highlight="#2d6cc9",
    highlighted_text="#ffffff",
    link="#85b8ff",
    warning="#f0b84e",
    error="#ff8f85",
    ok="#80d49c",
    border="#4c5562",
    grid="#2c323a",
    tooltip="#353c47",
    check="#6b7583",
)

# What icons are looked at on, the same in both schemes.
STAGE_LIGHT = "#ffffff"
STAGE_DARK = "#1b1f26"
CHECKER = ("#ffffff", "#d3d7dd")
CHECKER_SIZE = 8


class _Notifier(QObject):
    changed = Signal()


STYLE: Final = "fusion"


class _State:
    scheme = Scheme.SYSTEM
    colors = LIGHT
    notifier: _Notifier | None = None
    following = False
    is_styled = False
    held = False


class HasIcon(Protocol):
    """A QAction, a button, or anything else that shows an icon."""

    def setIcon(self, icon: QIcon) -> None: ...


def colors() -> Colors:
    """The colours in use."""
    return _State.colors


def scheme() -> Scheme:
    """What the user chose."""
    return _State.scheme


def notifier() -> _Notifier:
    """The object whose `changed` signal tells that the colours are others now."""
    if _State.notifier is None:
        _State.notifier = _Notifier()
    return _State.notifier


def new_application(arguments: list[str]) -> QApplication:
    """The Qt application in our style.

    Named in the arguments, the style costs nothing; asked for or set later, PySide6 first makes
    everything that a QStyle has (6 ms).
    """
    _State.is_styled = True
    return QApplication([*arguments[:1], "-style", STYLE, *arguments[1:]])


def apply(app: QApplication, chosen: Scheme | str = Scheme.SYSTEM) -> None:
    """Show `app` in the chosen scheme; SYSTEM follows the system's, also when that changes.

    Raises ValueError for a word that is no scheme.
    """
    _State.scheme = Scheme(chosen)
    hints = app.styleHints()
    if not _State.following:
        hints.colorSchemeChanged.connect(_follow)
        _State.following = True
    if not _State.is_styled and app.style().name().lower() != STYLE:
        app.setStyle(STYLE)
    _State.is_styled = True
    wanted = {Scheme.LIGHT: Qt.ColorScheme.Light, Scheme.DARK: Qt.ColorScheme.Dark}
    hints.setColorScheme(wanted.get(_State.scheme, Qt.ColorScheme.Unknown))
    _show()


def palette(of: Colors) -> QPalette:
    """The palette of a scheme, every role and group of it."""
    role = QPalette.ColorRole
    shade = QColor(of.window)
    result = QPalette()
    for name, value in {
        role.Window: of.window,
        role.WindowText: of.text,
        role.Base: of.base,
        role.AlternateBase: of.stripe,
        role.Text: of.text,
        role.PlaceholderText: of.muted,
        role.Button: of.button,
        role.ButtonText: of.text,
        role.BrightText: of.error,
        role.ToolTipBase: of.tooltip,
        role.ToolTipText: of.text,
        role.Highlight: of.highlight,
        role.HighlightedText: of.highlighted_text,
        role.Accent: of.highlight,
        role.Link: of.link,
        role.LinkVisited: of.link,
        role.Light: shade.lighter(130 if of.dark else 105),
        role.Midlight: shade.lighter(115 if of.dark else 102),
        role.Mid: of.border,
        role.Dark: shade.darker(150),
        role.Shadow: "#000000",
    }.items():
        result.setColor(name, QColor(value))
    for name in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        result.setColor(QPalette.ColorGroup.Disabled, name, QColor(of.disabled))
    result.setColor(QPalette.ColorGroup.Disabled, role.Highlight, QColor(of.border))
    return result


def hold_symbols() -> None:
    """Leave the symbols' places empty until `show_symbols`: a start need not wait for them."""
    _State.held = True


def show_symbols() -> None:
    """Draw the symbols whose places were left empty."""
    if _State.held:
        _State.held = False
        notifier().changed.emit()


def icon(name: str) -> QIcon:
    """A symbol as an icon in the colours in use. `set_icon` also follows a change of them."""
    if _State.held:
        return _place_for_icon()
    ratio = max((screen.devicePixelRatio() for screen in QGuiApplication.screens()), default=1.0)
    return _icon(name, _State.colors.text, ratio)


def set_icon(target: HasIcon, name: str) -> None:
    """Give an action or a button a symbol, again in the new colours whenever they change."""
    assert isinstance(target, QObject)
    for old in target.findChildren(_Tinted, options=Qt.FindChildOption.FindDirectChildrenOnly):
        old.setParent(None)
        old.deleteLater()
    _Tinted(target, name).tint()


def symbol(name: str, size: int, ratio: float = 1.0, color: str = "") -> QPixmap:
    """A symbol of `size` px for a screen with `ratio` device pixels per px.

    `color` is #rrggbb; without one it is that of text. Ask again when the palette changes.
    """
    if _State.held:
        return _empty(size, ratio)
    return _symbol(name, size, ratio, color or _State.colors.text)


def app_icon() -> QIcon:
    """The program's own icon, with a simpler drawing for 16 and 24 px."""
    result = QIcon()
    for size in APP_ICON_SIZES:
        path = resources.APP_ICON_SMALL if size <= 24 else resources.APP_ICON
        result.addPixmap(_render(path.read_bytes(), size, 1.0))
    return result


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, 1 to 21, as WCAG 2.2 defines it."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(color: str) -> float:
    value = QColor(color)
    parts = (value.redF(), value.greenF(), value.blueF())
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _empty(size: int, ratio: float) -> QPixmap:
    pixels = round(size * ratio)
    result = QPixmap(pixels, pixels)
    result.fill(Qt.GlobalColor.transparent)
    result.setDevicePixelRatio(ratio)
    return result


def _render(svg: bytes, size: int, ratio: float) -> QPixmap:
    from PySide6.QtSvg import QSvgRenderer  # not before the first symbol is drawn

    result = _empty(size, ratio)
    painter = QPainter(result)
    QSvgRenderer(QByteArray(svg)).render(painter, QRectF(0, 0, size, size))
    painter.end()
    return result


@lru_cache(maxsize=1)
def _place_for_icon() -> QIcon:
    return QIcon(_empty(ICON_SIZES[0], 1.0))


@lru_cache(maxsize=512)
def _symbol(name: str, size: int, ratio: float, color: str) -> QPixmap:
    svg = resources.symbol_svg(name).replace("currentColor", color)
    if size >= LARGE:
        svg = svg.replace('stroke-width="1.3"', 'stroke-width="0.8"')
    result = _render(svg.encode(), size, ratio)
    painter = QPainter(result)
    # Where the soft edges of two strokes meet, the renderer rounds twice: its colour is one off.
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceIn)
    painter.fillRect(QRectF(0, 0, size, size), QColor(color))
    painter.end()
    return result


@lru_cache(maxsize=256)
def _icon(name: str, color: str, ratio: float) -> QIcon:
    result = QIcon()
    for size in ICON_SIZES:
        result.addPixmap(_symbol(name, size, ratio, color))
    return result


class _Tinted(QObject):
    """Keeps one target's symbol in the colours in use; lives and dies with the target."""

    def __init__(self, target: HasIcon, name: str) -> None:
        assert isinstance(target, QObject)
        super().__init__(target)
        self._target = target
        self._name = name
        notifier().changed.connect(self.tint)

    @Slot()
    def tint(self) -> None:
        self._target.setIcon(icon(self._name))


def _follow(_: Qt.ColorScheme) -> None:
    if _State.scheme is Scheme.SYSTEM:
        _show()


def _show() -> None:
    system_is_dark = QGuiApplication.styleHints().colorScheme() is Qt.ColorScheme.Dark
    dark = _State.scheme is Scheme.DARK or (_State.scheme is Scheme.SYSTEM and system_is_dark)
    _State.colors = DARK if dark else LIGHT
    shades = palette(_State.colors)
    QApplication.setPalette(shades)
    shades.setColor(QPalette.ColorRole.Base, QColor(_State.colors.check))
    for kind in ("QCheckBox", "QRadioButton"):
        QApplication.setPalette(shades, kind)  # type: ignore[arg-type]  # the stub is wrong
    notifier().changed.emit()
