"""A path names the same project in every way of writing its id that a route takes."""

from uuid import UUID

import pytest
from pydantic import TypeAdapter

from citewell.kit.project_paths import project_in

PROJECT = UUID("0199aBcd-ef01-7234-8567-89abcdef0123")
FORMS = (str(PROJECT), str(PROJECT).upper(), PROJECT.hex, PROJECT.hex.upper(), PROJECT.urn, f"{{{PROJECT}}}")


@pytest.mark.parametrize("form", FORMS)
def test_each_form_of_an_id_that_routes_take_is_found(form: str) -> None:
    assert TypeAdapter(UUID).validate_python(form) == PROJECT, "FastAPI takes it"
    for path in (
        f"/api/v1/projects/{form}/",
        f"/api/v1/projects/{form}/documents/",
        f"/storage/files/{form}/a",
        f"/widget/{form}/b",
        f"/v1/vector_stores/vs_{form}",
        f"/v1/vector_stores/{form}/search",
        f"/{form}/reference/{PROJECT}",
    ):
        assert project_in(path) == PROJECT, path


@pytest.mark.parametrize("path", ["/api/v1/projects/", "/api/v1/projects/none/documents/", "/v1/models", "/app/x/y"])
def test_other_paths_name_no_project(path: str) -> None:
    assert project_in(path) is None
