"""Whether an answer says that there is no answer."""

import re
from functools import cache

from citewell.agent.citations import LINK
from citewell.agent.reading.vocabulary import REFUSALS, load

_OPENING = 400  # characters: what comes later qualifies an answer, and does not refuse it
_SENTENCE_END = re.compile(r"(?<=[.!?。！？])\s*|\n")
_REFUSING = re.compile(
    r"\b(?:could|can|did|do|was|were|am|is|are)(?:\s?n[o'’]t| not) (?:able to )?"
    r"(?:find|locate|determine|identify|answer|see any|have (?:any |enough )?information"
    r"|(?:mentioned|stated|provided|available|specified|disclosed|contained|given|known)\b)"
    r"|\b(?:do|does)(?:n[o'’]t| not) (?:seem to |appear to )?"
    r"(?:contain|mention|say|state|provide|include|specify|disclose|answer|tell|give|report|cover)"
    r"|\bthere (?:is|are|was|were) no (?:information|mention|data|answer|record|passage|document)"
    r"|\bno (?:relevant )?(?:information|mention|data|passages?|documents?) (?:\w+ )?(?:found|available|about|on|in)\b"
    r"|\bcannot be (?:answered|found|determined)|\bunable to (?:find|answer|locate|determine)"
    r"|\bi (?:cannot|can['’]?t|could not|couldn['’]?t) (?:find|answer|tell|say)"
    r"|\b(?:keine|nicht) (?:angaben?|informationen?|hinweise?|antwort)|\b(?:konnte|kann|finde) .{0,60}(?:nicht|keine)\b"
    r"|\b(?:enthalten|enthält|nennen|nennt|beantworten) .{0,60}(?:nicht|keine)\b|\bnicht (?:gefunden|genannt|angegeben)"
    r"|\bne (?:contiennent|contient|mentionnent|mentionne|permettent|précisent|précise) (?:pas|aucune?)"
    r"|\baucune? (?:information|mention|donnée)|\bn['’]ai (?:pas trouvé|trouvé aucune?)"
    r"|\bno (?:contienen?|mencionan?|indican?|he encontrado|se (?:menciona|indica|encontró))"
    r"|没有(?:找到|提到|相关)|未(?:找到|提及|提供|说明)|无法(?:回答|确定|找到)|無法|沒有",
    re.IGNORECASE,
)


def refuses(answer: str) -> bool:
    """Whether the first sentence says that the documents do not tell, or there is no text at all.

    The built-in model's refusals are known word by word; those of language models by the usual wordings in English,
    German, French, Spanish and Chinese.
    """
    plain = LINK.sub("", answer).strip()[:_OPENING]
    first = next((part for part in _SENTENCE_END.split(plain) if part.strip()), "")
    return not first or _built_in().match(plain) is not None or _REFUSING.search(first) is not None


@cache
def _built_in() -> re.Pattern[str]:
    said = [known[name] for known in load("answers").values() for name in REFUSALS if name != "closest"]
    return re.compile("|".join(re.sub(r"\\\{\w+\\\}", ".{0,200}?", re.escape(text)) for text in said))
