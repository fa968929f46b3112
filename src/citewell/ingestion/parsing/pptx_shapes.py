"""The shapes of a slide with their places: those in groups, and placeholders whose place the layout says."""

from lxml.etree import _Element as Element

from citewell.ingestion.parsing.docx_inline import chosen
from citewell.ingestion.parsing.ooxml import MC, A, P, Package
from citewell.ingestion.parsing.pptx_order import Box, Placed

_SHAPES = {f"{P}{name}" for name in ("sp", "pic", "graphicFrame", "cxnSp", "contentPart")}
Places = dict[tuple[str, str], Box]
# Scale and shift from a group's own measures to those of the slide.
_Transform = tuple[float, float, float, float]
_SAME: _Transform = (1.0, 1.0, 0.0, 0.0)


class Layouts:
    """Places of placeholders, by kind and index; read once for each layout."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self._known: dict[str, Places] = {}

    def of_slide(self, part: str) -> Places:
        layout = self._package.related(part, "slideLayout")
        if layout is None:
            return {}
        if layout not in self._known:
            master = self._package.related(layout, "slideMaster")
            own = self._places(layout)
            self._known[layout] = {**(self._places(master) if master else {}), **own}
        return self._known[layout]

    def _places(self, part: str) -> Places:
        root = self._package.optional_xml(part)
        places: Places = {}
        for shape in root.iter(f"{P}sp") if root is not None else ():
            holder = _holder(shape)
            box = _box(shape, _SAME)
            if holder is not None and box is not None:
                places[holder] = box
                places.setdefault((holder[0], ""), box)
        return places


def shapes_of_slide(root: Element, places: Places, depth: int) -> list[Placed]:
    tree = root.find(f"{P}cSld/{P}spTree")
    found: list[Placed] = []
    if tree is not None:
        _collect(tree, places, depth, _SAME, found)
    return found


def _collect(parent: Element, places: Places, depth: int, transform: _Transform, found: list[Placed]) -> None:
    for element in parent:
        if element.tag in _SHAPES:
            if _is_hidden(element):
                continue
            holder = _holder(element)
            box = _box(element, transform)
            if box is None and holder is not None:
                box = places.get(holder) or places.get((holder[0], "")) or places.get((_basis(holder[0]), ""))
            found.append(Placed(element, box, holder[0] if holder is not None else None))
        elif element.tag == f"{P}grpSp" and depth > 0:
            _collect(element, places, depth - 1, _transform_of(element, transform), found)
        elif element.tag == f"{MC}AlternateContent":
            _collect(chosen(element), places, depth, transform, found)


def _basis(kind: str) -> str:
    """The kind whose place a master gives to others."""
    return {"ctrTitle": "title", "subTitle": "body", "obj": "body", "": "body"}.get(kind, kind)


def _is_hidden(element: Element) -> bool:
    properties = next(element.iter(f"{P}cNvPr"), None)
    return properties is not None and properties.get("hidden") in ("1", "true")


def _holder(element: Element) -> tuple[str, str] | None:
    """Kind and index of a placeholder. One without a kind is for any content."""
    holder = next(element.iter(f"{P}ph"), None)
    return (holder.get("type") or "", holder.get("idx") or "") if holder is not None else None


def _box(element: Element, transform: _Transform) -> Box | None:
    frame = element.find(f"{P}xfrm")
    if frame is None:
        frame = element.find(f"{P}spPr/{A}xfrm")
    if frame is None:
        return None
    offset, size = _pair(frame, "off", "x", "y"), _pair(frame, "ext", "cx", "cy")
    if offset is None or size is None:
        return None
    wide, high, right, down = transform
    left, top = offset[0] * wide + right, offset[1] * high + down
    return left, top, left + size[0] * wide, top + size[1] * high


def _transform_of(group: Element, outer: _Transform) -> _Transform:
    frame = group.find(f"{P}grpSpPr/{A}xfrm")
    if frame is None:
        return outer
    offset, size = _pair(frame, "off", "x", "y"), _pair(frame, "ext", "cx", "cy")
    inner, inner_size = _pair(frame, "chOff", "x", "y"), _pair(frame, "chExt", "cx", "cy")
    if offset is None or size is None or inner is None or inner_size is None:
        return outer
    wide = size[0] / inner_size[0] if inner_size[0] else 1.0
    high = size[1] / inner_size[1] if inner_size[1] else 1.0
    return (
        outer[0] * wide,
        outer[1] * high,
        outer[0] * (offset[0] - inner[0] * wide) + outer[2],
        outer[1] * (offset[1] - inner[1] * high) + outer[3],
    )


def _pair(frame: Element, name: str, first: str, second: str) -> tuple[float, float] | None:
    found = frame.find(f"{A}{name}")
    try:
        return (float(found.get(first) or 0), float(found.get(second) or 0)) if found is not None else None
    except ValueError:
        return None
