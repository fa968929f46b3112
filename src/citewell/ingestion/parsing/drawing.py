"""Reads what Office drawings hold besides text boxes: charts with their data, and SmartArt."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml.etree import _Element as Element

from citewell.ingestion.parsing.number_format import shown_number
from citewell.ingestion.parsing.ooxml import A, Package, R

_C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_CX = "{http://schemas.microsoft.com/office/drawing/2014/chartex}"
_DGM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
_MAX_POINTS = 5000  # of one chart
_MAX_SERIES = 200
_DEEPEST = 40


@dataclass
class ChartData:
    """`rows` begin with the names of the series; the first cell of each row is its category."""

    title: str = ""
    rows: list[list[str]] = field(default_factory=list)


def charts_in(drawing: Element, package: Package, part: str) -> Iterator[ChartData]:
    """The charts that a drawing of this part refers to."""
    for tag in (f"{_C}chart", f"{_CX}chart"):
        for reference in drawing.iter(tag):
            relation = package.relations(part).get(reference.get(f"{R}id") or "")
            root = package.optional_xml(relation.target) if relation is not None and not relation.external else None
            if root is not None:
                yield chart_data(root)


def smart_art_in(drawing: Element, package: Package, part: str) -> Iterator[list[str]]:
    """The lines of each SmartArt graphic that a drawing of this part refers to, indented by their depth."""
    for reference in drawing.iter(f"{_DGM}relIds"):
        relation = package.relations(part).get(reference.get(f"{R}dm") or "")
        root = package.optional_xml(relation.target) if relation is not None and not relation.external else None
        if root is not None:
            lines = smart_art_lines(root)
            if lines:
                yield lines


def described(drawing: Element) -> str:
    """Returns the alternative text of the drawing."""
    for element in drawing.iter():
        if isinstance(element.tag, str) and element.tag.endswith(("}docPr", "}cNvPr")) and element.get("descr"):
            return " ".join((element.get("descr") or "").split())
    return ""


def chart_data(root: Element) -> ChartData:
    """The data as the chart keeps it. `root` is that of the chart's part."""
    if root.tag.startswith(_CX):
        return _extended(root)
    chart = root.find(f"{_C}chart")
    plot = chart.find(f"{_C}plotArea") if chart is not None else None
    if chart is None or plot is None:
        return ChartData()
    title = _rich(chart.find(f"{_C}title"))
    axes = [_rich(axis.find(f"{_C}title")) for axis in plot if axis.tag in (f"{_C}catAx", f"{_C}valAx", f"{_C}dateAx")]
    series = list(plot.iter(f"{_C}ser"))[:_MAX_SERIES]
    names = [_series_name(element, number) for number, element in enumerate(series, 1)]
    categories: dict[int, str] = {}
    values: list[dict[int, str]] = []
    for element in series:
        for name in ("cat", "xVal"):
            for index, text in _points(element.find(f"{_C}{name}")):
                categories.setdefault(index, text)
        found = element.find(f"{_C}val")
        values.append(dict(_points(found if found is not None else element.find(f"{_C}yVal"))))
    places = sorted({index for points in values for index in points} | set(categories))
    rows = [[axes[0] if axes else "", *names]] if names else []
    rows += [[categories.get(place, ""), *(points.get(place, "") for points in values)] for place in places]
    if len(series) == 1 and title == "":
        title = names[0]
    return ChartData("\n".join(dict.fromkeys(text for text in (title, *axes) if text)), rows)


def _rich(element: Element | None) -> str:
    """The words of a title; its paragraphs become one line."""
    if element is None:
        return ""
    paragraphs = ("".join(piece.text or "" for piece in line.iter(f"{A}t")) for line in element.iter(f"{A}p"))
    text = " ".join(paragraph for paragraph in paragraphs if paragraph)
    return " ".join((text or "".join(piece.text or "" for piece in element.iter(f"{_C}v"))).split())


def _series_name(series: Element, number: int) -> str:
    name = series.find(f"{_C}tx")
    values = [piece.text or "" for piece in name.iter(f"{_C}v")] if name is not None else []
    return " ".join(" ".join(values).split()) or f"Series {number}"


def _points(element: Element | None) -> Iterator[tuple[int, str]]:
    """Index and text of each point; categories of several levels are joined, the widest first."""
    if element is None:
        return
    levels = list(element.iter(f"{_C}lvl")) or [element]
    texts: dict[int, list[str]] = {}
    for depth, level in enumerate(reversed(levels)):
        last = ""
        points = {_index(point): point for point in level.iter(f"{_C}pt")}
        for index in _indices(points, texts, depth, len(levels)):
            point = points.get(index)
            last = _value(point, level) if point is not None else last
            texts.setdefault(index, []).append(last)
    for index in sorted(texts):
        yield index, " ".join(part for part in texts[index] if part)


def _indices(points: dict[int, Element], texts: dict[int, list[str]], depth: int, levels: int) -> list[int]:
    if levels == 1 or depth == levels - 1:
        return sorted(set(points) | set(texts))[:_MAX_POINTS]
    return list(range(min(max(points, default=-1) + 1 + 100, _MAX_POINTS)))


def _index(point: Element) -> int:
    index = point.get("idx") or "0"
    return int(index) if index.isdigit() and len(index) < 8 else 0


def _value(point: Element, level: Element) -> str:
    text = " ".join((point.findtext(f"{_C}v") or "").split())
    code = point.get("formatCode") or level.findtext(f".//{_C}formatCode") or "General"
    try:
        number = float(text)
    except ValueError:
        return text
    return shown_number(number, code)


def _extended(root: Element) -> ChartData:
    """Charts of newer kinds (waterfall, funnel, tree map)."""
    title = " ".join("".join(piece.text or "" for piece in root.iter(f"{A}t")).split())
    columns = []
    for dimension in [*root.iter(f"{_CX}strDim"), *root.iter(f"{_CX}numDim")][:_MAX_SERIES]:
        level = dimension.find(f"{_CX}lvl")
        if level is not None:
            columns.append([point.text or "" for point in level.iter(f"{_CX}pt")][:_MAX_POINTS])
    height = max((len(column) for column in columns), default=0)
    rows = [[column[row] if row < len(column) else "" for column in columns] for row in range(height)]
    return ChartData(title, rows)


def smart_art_lines(root: Element) -> list[str]:
    """The points of the data model in their order, each below the one that it belongs to."""
    points = {point.get("modelId") or "": point for point in root.iter(f"{_DGM}pt")}
    children: dict[str, list[tuple[int, str]]] = {}
    for connection in root.iter(f"{_DGM}cxn"):
        if connection.get("type", "parOf") == "parOf":
            order = connection.get("srcOrd") or "0"
            place = (int(order) if order.isdigit() else 0, connection.get("destId") or "")
            children.setdefault(connection.get("srcId") or "", []).append(place)
    roots = [name for name, point in points.items() if point.get("type") == "doc"]
    lines: list[str] = []
    seen: set[str] = set()

    def visit(name: str, depth: int) -> None:
        if name in seen or depth > _DEEPEST:
            return
        seen.add(name)
        text = _point_text(points[name]) if name in points else ""
        if text:
            lines.append("  " * max(depth - 1, 0) + f"- {text}")
        for _, child in sorted(children.get(name, ())):
            visit(child, depth + 1)

    for name in roots:
        visit(name, 0)
    for name, point in points.items():
        if name not in seen and point.get("type", "node") in ("node", "asst"):
            visit(name, 1)
    return lines


def _point_text(point: Element) -> str:
    if point.get("type") in ("pres", "parTrans", "sibTrans"):
        return ""
    lines = ("".join(piece.text or "" for piece in line.iter(f"{A}t")) for line in point.iter(f"{A}p"))
    return " ".join(" ".join(line.split()) for line in lines if line.strip())
