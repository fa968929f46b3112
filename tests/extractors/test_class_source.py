"""Classes as people write them in Python, read without running them."""

import pytest

from citewell.extractors.class_source import read_class
from citewell.extractors.classes import ClassSpec, FieldSpec

SOURCE = '''
from __future__ import annotations
import enum, typing as t
Money: TypeAlias = Decimal
Currency = Literal["EUR", "USD"]
UserId = NewType("UserId", str)
Kind = Enum("Kind", "offer bill")
WORDS = "What is to be paid"

class Level(IntEnum):
    LOW = 1
    HIGH = 2

class Color(enum.StrEnum):
    RED = auto()
    BLUE = "azure"

class Base(BaseModel):
    id: str = Field(alias="Doc No.")
    note: Optional[str] = None

@dataclass
class Address:
    street: str
    code: str = field(default="", metadata={"description": "postal code"})

class Invoice(Base):
    """An invoice."""
    model_config = ConfigDict(extra="forbid")
    class Config:
        title = "x"
    class Line(BaseModel):
        name: str
        pieces: conint(ge=0)
    _cache: int = 3
    MOST: ClassVar[int] = 3
    id: Annotated[str, Field(description="Number " "of it")]
    when: datetime.date | None
    due: "None | date" = None
    total: Money = Field(..., description=WORDS)
    currency: Currency
    user: UserId
    kind: Kind = Kind.bill
    level: Level
    color: "Color | None" = None
    lines: list[Invoice.Line] = Field(default_factory=list)
    more: t.Optional[t.List["Line"]] = None
    address: Union[Address, None]
    share: int | float
    code: str | int
    rating: Literal[1, 2, 3]
    paid: Literal[True, False]
    labels: set[str] = set()
    """Words for it"""
    extra: dict[str, int] = {}
    chosen: Literal[Color.BLUE, "other", None]
    names: conlist(str, min_length=1)

    @computed_field
    @property
    def words(self) -> str:
        return self.id
'''


def inner(one: FieldSpec) -> str:
    """What a list holds or an object is, by name or kind."""
    of = one.of.of if isinstance(one.of, FieldSpec) and isinstance(one.of.of, ClassSpec) else one.of
    return of.name if isinstance(of, ClassSpec) else of.kind if of else ""


def test_what_a_class_may_be_made_of() -> None:
    spec = read_class(SOURCE)
    fields = {one.name: one for one in spec.fields}
    assert (spec.name, spec.description) == ("Invoice", "An invoice.")
    assert {name: one.kind for name, one in fields.items()} == {
        **dict.fromkeys(["id", "note", "user", "code"], "text"),
        **dict.fromkeys(["when", "due"], "date"),
        **dict.fromkeys(["total", "share"], "number"),
        **dict.fromkeys(["currency", "kind", "color", "chosen"], "enum"),
        **dict.fromkeys(["level", "rating"], "int"),
        **dict.fromkeys(["lines", "more", "labels", "names"], "list"),
        **dict.fromkeys(["address", "extra"], "object"),
        "paid": "bool",
    }
    required = ["id", "total", "currency", "user", "level", "share", "code", "rating", "paid", "names"]
    assert [name for name, one in fields.items() if one.required] == required
    assert {name: one.description for name, one in fields.items() if one.description} == {
        "id": "Number of it",
        "total": "What is to be paid",
        "labels": "Words for it",
    }
    assert [fields[name].values for name in ("currency", "kind", "color", "level", "chosen")] == [
        ("EUR", "USD"),
        ("offer", "bill"),
        ("red", "azure"),
        ("1", "2"),
        ("azure", "other"),
    ]
    assert [inner(fields[name]) for name in ("lines", "more", "address", "names")] == [
        "Line",
        "Line",
        "Address",
        "text",
    ]
    assert spec.schema()["properties"]["rating"] == {"type": "integer", "enum": [1, 2, 3]}


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ("class A(A):\n    x: int", "line 1: A inherits from itself"),
        ("A = B\nB = A\nclass C(BaseModel):\n    x: A", "line 4"),
        ("class A(BaseModel):\n    x: " + "int|" * 3000 + "int", "nested too deeply"),
        ("class A(BaseModel):\n    x: int = Field(description=" + "'a'+" * 3000 + "'b')", "nested too deeply"),
        ("class A(BaseModel):\n    b: 'B'\nclass B(A):\n    c: A", "contains itself"),
        ("class A(BaseModel):\n    x: Callable[[int], str]", "line 2: the type of x"),
        ("class A(BaseModel):\n    x: '''\n__import__(\"os\").getcwd()'''", "line 2"),
        ("class Status(Enum):\n    A = 1", "no class"),
        ("\x00class A: x: int", "not Python"),
        ("class A(BaseModel):\n    x: list[\n", "line 2"),
    ],
)
def test_a_class_that_cannot_be_read_is_refused_with_its_place(source: str, place: str) -> None:
    with pytest.raises(ValueError, match=place):
        read_class(source)
