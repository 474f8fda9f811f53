"""The pages of this floor: one line a room."""

from microgroups.conversation import urls as conversation

urlpatterns: list = [
    *conversation.urlpatterns,
]
