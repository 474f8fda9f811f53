"""What the rooms of this floor add to the registries: jobs, invariants, personal data, subjects."""
