"""Small documents for tests, made here so that the tests stand alone."""

HANDBOOK = b"""# Travel handbook

## Train journeys

Employees travel by train when the journey takes less than six hours. Second class is booked for journeys of up to three
hours, first class for longer ones.

## Hotels

A hotel room may cost at most 140 EUR a night, breakfast included. In Zurich and Oslo the limit is 210 EUR.

## Meals

The daily allowance for meals is 38 EUR. It is not paid for days on which a host provides lunch and dinner.
"""

PRICES = b"""<html><head><title>Price list</title><script>alert('x')</script></head><body>
<h1>Price list 2026</h1>
<p>The standard licence costs 420 EUR per seat and year.
Customers with more than 50 seats get a discount of 15 percent.</p>
<table><tr><th>Product</th><th>Price</th></tr><tr><td>Falcon Basic</td><td>120 EUR</td></tr>
<tr><td>Falcon Pro</td><td>420 EUR</td></tr></table></body></html>
"""

STAFF = b"""name,team,office
Ada Lovelace,Research,London
Grace Hopper,Compilers,Arlington
Radia Perlman,Networks,Boston
"""

SAMPLES = {"handbook.md": HANDBOOK, "prices.html": PRICES, "staff.csv": STAFF}
