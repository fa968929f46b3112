"""The settings of the query planner that the product's indexes need."""

import psycopg


def random_page_cost(url: str) -> float:
    """Returns the `random_page_cost` of connections to this libpq URL."""
    with psycopg.connect(url, autocommit=True) as connection:
        [(cost,)] = connection.execute("SELECT current_setting('random_page_cost')::float8").fetchall()
    return float(cost)
