"""The pages of this floor: one line a room."""

urlpatterns: list = []
