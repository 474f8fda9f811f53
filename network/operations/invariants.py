"""What always holds, recounted: each floor says in its fill_registries.py what to look at."""

from network.registries import invariants


def violations():
    """(name, sentence) for each violation of an invariant; nothing when all hold."""
    for name, check in invariants.items():
        for said in check():
            yield name, said
