"""Sluice: what it decides (this package without `store`) and what it remembers (`store`).

Start with `decide`, then `gates` and `plan`; everything here but `store` is pure: facts in, decision out.
"""
