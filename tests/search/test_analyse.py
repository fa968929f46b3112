"""Text analysis: what a reader takes for the same must give the same tokens."""

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from citewell.search.analyse import MAX_QUERY_TERMS, MAX_TOKEN_CHARS, analyse, analysed_text, query_terms


@pytest.mark.parametrize(
    ("text", "language", "tokens"),
    [
        ("The companies' net sales", "en", ["the", "compani", "net", "sale"]),
        ("$81,797 million", "en", ["81797", "million"]),
        ("ISO-9001", "en", ["iso", "9001", "iso9001"]),
        ("the 10-Q", "en", ["the", "10", "q", "10q"]),
        ("U.S. sales", "en", ["us", "sale"]),
        ("C++ and C#", "en", ["cplusplus", "and", "csharp"]),
        ("AAPL.pdf", "en", ["aapl", "pdf"]),
        ("snake_case", "en", ["snake", "case"]),
        ("in the 1990s", "en", ["in", "the", "1990", "1990s"]),
        ("黑豹队", "zh", ["黑豹", "豹队"]),
        ("防守308分", "zh", ["防守", "308", "分"]),
        ("กาแฟ", "th", ["กา", "าแ", "แฟ"]),
        ("word", "xx", ["word"]),
        ("", "en", []),
        ("--- ... ___", "en", []),
    ],
)
def test_a_text_has_the_tokens_of_its_language(text: str, language: str, tokens: list[str]) -> None:
    assert analyse(text, language) == tokens


@pytest.mark.parametrize(
    ("one", "other", "language"),
    [
        ("81,797", "81797", "en"),
        ("3.50", "3.5", "en"),
        ("12.00", "12", "en"),
        ("1.234.567,5", "1234567,5", "de"),
        ("Häuser", "HAUSER", "de"),
        ("STRASSE", "straße", "de"),
        ("café", "cafe\u0301", "fr"),
        ("２０２３", "2023", "ja"),
        ("٢٠٢٣", "2023", "ar"),
        ("co\u00adoperation", "cooperation", "en"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος", "el"),
    ],
)
def test_the_same_for_a_reader(one: str, other: str, language: str) -> None:
    assert analyse(one, language) == analyse(other, language)


def test_one_number_is_found_across_languages() -> None:
    assert set(analyse("1,234.5", "en")) & set(analyse("1.234,5", "de"))
    assert set(analyse("81,797", "en")) & set(analyse("81.797", "de"))
    assert "81797" in analyse("81,797", "de")


def test_words_of_scripts_with_vowel_signs_stay_whole() -> None:
    assert len(analyse("हिन्दी में", "hi")) == 2


def test_a_query_without_its_stop_words() -> None:
    assert query_terms("What were the net sales?", ["en"]) == ["net", "sale"]
    assert query_terms("to be or not to be", ["en"]) != []
    assert query_terms("sales sales SALES", ["en"]) == ["sale"]


def test_a_query_in_a_project_of_two_languages() -> None:
    terms = query_terms("die Verkäufe running", ["de", "en"])
    assert {*analyse("Verkäufe", "de"), *analyse("running", "en")} <= set(terms)
    assert "die" not in terms, "a stop word of the query's own language must not match as a word of another"


def test_hostile_input_is_bounded() -> None:
    assert max(map(len, analyse("a" * 100_000, "en"))) <= MAX_TOKEN_CHARS
    many = " ".join(f"word{number}" for number in range(10_000))
    assert len(query_terms(many, ["en", "de", "fr"])) <= MAX_QUERY_TERMS
    assert analyse("a-" * 50_000, "en")
    assert len(analyse("1," * 50_000, "en")) <= 50_000


@pytest.fixture(scope="module")
def connection(postgres: str):  # type: ignore[no-untyped-def]
    with psycopg.connect(postgres, autocommit=True) as opened:
        yield opened


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.text(max_size=60) | st.text("abc5e1_.,-'/@+ \u0301\u0939\u093f", max_size=40),
    language=st.sampled_from(["en", "de", "hi", "tr", "zh", "unknown"]),
)
def test_postgres_reads_every_token_as_one_word(connection: psycopg.Connection, text: str, language: str) -> None:
    """If the index cut or changed a token, a query for it would find nothing."""
    tokens = analyse(text, language)
    assert analysed_text(text, language).split(" ") == (tokens or [""])
    read = connection.execute(
        "SELECT tsvector_to_array(to_tsvector('simple', token)) FROM unnest(%s::text[]) token", [tokens]
    ).fetchall()
    assert [row[0] for row in read] == [[token] for token in tokens]
