"""The pages of this floor: one line a room."""

from microgroups.appeals.urls import urlpatterns as appeals
from microgroups.budding.urls import urlpatterns as budding
from microgroups.charter.urls import urlpatterns as charter
from microgroups.conversation.urls import urlpatterns as conversation
from microgroups.groups.urls import urlpatterns as groups
from microgroups.membership.urls import urlpatterns as membership
from microgroups.reminders.urls import urlpatterns as reminders

urlpatterns = [*groups, *membership, *appeals, *charter, *reminders, *budding, *conversation]
