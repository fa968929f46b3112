"""The prices of the models' tokens, as far as the settings give them."""

from citewell.settings import Settings

_MILLION = 1_000_000


class Prices:
    """Prices by the names of models as the settings write them. The built-in model costs nothing."""

    def __init__(self, settings: Settings) -> None:
        self._prices = settings.model_prices
        self.currency = settings.model_currency

    def cost(self, model: str, tokens_input: int, tokens_output: int) -> float | None:
        """Returns the cost in `currency`; None if the model has no price."""
        if model == "extractive":
            return 0.0
        price = self._prices.get(model)
        if price is None:
            return None
        return (tokens_input * price.input + tokens_output * price.output) / _MILLION
