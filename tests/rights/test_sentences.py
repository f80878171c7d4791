"""A sentence is said in the reader's language, its words too."""

from ipr_service.rights.sentences import Sentence


def test_words_are_translated_and_values_are_not() -> None:
    italian = {"{n} of {role}": "{n} di {role}", "concept": "idea"}
    sentence = Sentence("{n} of {role}", {"n": "concept"}, {"role": "concept"})
    assert sentence.text(lambda msgid: italian.get(msgid, msgid)) == "concept di idea"
    assert str(sentence) == "concept of concept"
