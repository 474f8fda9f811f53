"""What operators see of this floor: one import line a room."""
