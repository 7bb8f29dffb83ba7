"""Which words open a certificate: how a name is spelt does not count, what is guessed does not."""

from __future__ import annotations

from uuid import uuid4

import pytest

from lti_tool.certification.facts import Facts
from lti_tool.certification.knowing import knows
from tests.lti_tool.certification.shelves import make_facts


def of_person(name: str) -> Facts:
    return make_facts(uuid4(), holder_name=name)


def of_body(name: str) -> Facts:
    return make_facts(uuid4(), holder_name=name, holder_is_organisation=True)


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("Jan Novák", "Novák"),
        ("Jan Novák Jr.", "Novák"),
        ("Kovács Anna", "Kovács"),
        ("María García López", "García"),
        ("María García López", "lopez"),
        ("María García López", "Maria Lopez"),
        ("Žofie Šťastná-Łukasz", "Šťastná-Łukasz"),
        ("Žofie Šťastná-Łukasz", "STASTNA LUKASZ"),
        ("Žofie Šťastná-Łukasz", "stastna"),
        ("Žofie Šťastná-Łukasz", "stastna-lukasz zofie"),
        ("Ludwig van der Berg", "van der Berg"),
        ("Ludwig van der Berg", "Berg"),
        ("Thomas Martin", "Martin"),
        ("Anna Kovács", "Dr. Kovács"),
        ("Γεωργία Παπαδοπούλου", "παπαδοπουλου"),
    ],
)
def test_a_family_name_opens_wherever_it_stands(name: str, given: str) -> None:
    assert knows(of_person(name), given)


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("Sean O'Brien", "OBrien"),
        ("Sean O\u2019Brien", "o'brien"),
        ("Sean O'Brien", "OBrien Sean"),
        ("Ronald Mc Donald", "McDonald"),
        ("Ann McDonald", "Mc Donald"),
        ("Hans Müller", "Mueller"),
        ("Hans Mueller", "Müller"),
        ("Søren Kjær", "Soeren Kjaer"),
        ("Đorđe Ćirković", "Djordje Cirkovic"),
        ("Straße Kurt", "Strasse"),
    ],
)
def test_other_spellings_of_a_name_open_too(name: str, given: str) -> None:
    assert knows(of_person(name), given)


@pytest.mark.parametrize("given", ["Li Wei", "wei li", "WeiLi"])
def test_a_whole_name_opens_however_short_its_words(given: str) -> None:
    assert knows(of_person("Wei Li"), given)


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("Kovács Anna", "Anna"),
        ("Anna Maria Kovács", "Anna Maria"),
        ("Anna-Maria Kovács", "Annamaria"),
        ("Žofie Šťastná-Łukasz", "Žofie"),
        ("Γεωργία Παπαδοπούλου", "Γεωργία"),
        ("Thomas Martin", "Thomas"),
        ("Jan Novák Jr.", "Jr."),
        ("Jan Novák Jr.", "Jan Jr."),
        ("Ludwig van der Berg", "van der"),
        ("Prof. Dr. Anna Kovács", "Prof. Dr."),
        ("Wei Li", "Li"),
        ("J. R. R. Smith", "J. R. R."),
    ],
)
def test_what_is_guessed_from_a_first_letter_opens_nothing(name: str, given: str) -> None:
    assert not knows(of_person(name), given)


@pytest.mark.parametrize(
    "given", ["Novák", "Anna Novák", "Kovács Novák", "ács", "Kov", "K", "", " ", "…", "Dr.", "*"]
)
def test_another_name_opens_nothing(given: str) -> None:
    assert not knows(of_person("Anna Kovács"), given)


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("Example Training GmbH", "Example Training GmbH"),
        ("Example Training GmbH", "training example"),
        ("Müller & Söhne S.p.A.", "Mueller und Soehne"),
        ("Škola, spol. s r.o.", "skola"),
        ("Example Sp. z o.o.", "EXAMPLE"),
        ("Vysoká škola báňská", "vysoka skola banska"),
        ("E.ON SE", "E.ON"),
    ],
)
def test_an_organisation_is_known_with_or_without_its_legal_form(name: str, given: str) -> None:
    assert knows(of_body(name), given)


@pytest.mark.parametrize("given", ["GmbH", "gmbh & co. kg", "Example", "Training GmbH", "", "Ex"])
def test_a_legal_form_or_one_word_of_it_opens_no_organisation(given: str) -> None:
    assert not knows(of_body("Example Training GmbH"), given)
