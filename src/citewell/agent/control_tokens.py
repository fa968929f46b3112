"""Removes control tokens such as `<|im_end|>` that servers leave in the text of a reply, while it streams."""

import re

_TOKENS = (
    "<|im_end|>", "<|im_start|>assistant", "<|eot_id|>", "<|eom_id|>", "<|end_of_text|>", "<|endoftext|>", "<|end|>",
    "<|return|>", "<｜end▁of▁sentence｜>", "<end_of_turn>", "<|START_RESPONSE|>", "<|END_RESPONSE|>",
    "<|begin_of_solution|>", "<|end_of_solution|>", "<|END_OF_TURN_TOKEN|>", "<answer>", "</answer>",
    "<|assistant|>", "<|user|>", "<|observation|>", "<|im_sep|>", "<|begin_of_text|>", "<|eos|>", "<eos>", "<bos>",
    "<|start_header_id|>assistant<|end_header_id|>", "<|begin_of_box|>", "<|end_of_box|>",
)  # fmt: skip
_AT_END = "</s>"  # a control token only at the end of a reply: elsewhere it ends text that is struck out in HTML
_LONGEST = max(map(len, _TOKENS))
_ANY = re.compile("|".join(map(re.escape, _TOKENS)))


class ControlTokenFilter:
    """Removes control tokens from a streamed text. Text that may be part of one is held back."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str) -> str:
        """Takes the next piece of the stream; returns the text that can be shown."""
        if not self._held and "<" not in text:
            return text
        text = _ANY.sub("", self._held + text)
        start = text.rfind("<", max(len(text) - _LONGEST, 0))
        tail = text[start:] if start >= 0 else ""
        is_part = tail != "" and (tail.rstrip() == _AT_END or any(one.startswith(tail) for one in (*_TOKENS, _AT_END)))
        said = text[:start] if is_part else text
        self._held = text[len(said) :]
        return said

    def finish(self) -> str:
        """Ends the stream; returns the text that was held back."""
        said, self._held = self._held, ""
        return "" if said.rstrip() == _AT_END else said
