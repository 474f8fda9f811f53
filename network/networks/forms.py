"""What an admin sets."""

from django import forms

from network.networks.models import Role, SignUp, WhoMayPropose


class PolicyForm(forms.Form):
    """What the network says about itself, and its policy."""

    name = forms.CharField(max_length=80, label="Name of the network")
    intro = forms.CharField(
        max_length=280,
        required=False,
        label="In a sentence",
        help_text="Visitors read this.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    house_rules = forms.CharField(
        max_length=4000, required=False, label="House rules", widget=forms.Textarea
    )
    help_text = forms.CharField(
        max_length=2000,
        required=False,
        label="Whom to call in distress",
        help_text="Shown first and at once to whoever calls for help, at any hour. One line each, "
        "beginning with the number: 112, ambulance and police. Other lines are shown as they are.",
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    max_cap = forms.IntegerField(
        label="The most seats a group may have",
        help_text="150 is about as many as people can know by name. Nobody is sent away when you "
        "lower it; groups above it let nobody in until they are smaller.",
    )
    default_cap = forms.IntegerField(
        label="Seats of a new group", help_text="Its facilitators can change this, up to the most."
    )
    max_groups_per_person = forms.IntegerField(
        label="Groups one person may be in",
        help_text="1 to 10. Those they facilitate or rest in are not counted.",
    )
    who_may_propose = forms.ChoiceField(
        label="Who may propose a group",
        widget=forms.RadioSelect,
        choices=[
            (WhoMayPropose.MEMBERS, "Every member\nAn admin says yes before it opens"),
            (WhoMayPropose.FACILITATORS, "Facilitators\nThose who care for a group already"),
            (WhoMayPropose.ADMINS, "Admins\nTheir groups open at once"),
        ],
    )
    founding_pledges = forms.IntegerField(
        label="People who pledge to come",
        help_text="0 to 30; ten are a good beginning. They are seated when the group opens.",
    )
    founding_threads = forms.IntegerField(
        label="Conversations begun",
        help_text="0 to 10, so that whoever comes first finds something to answer.",
    )
    founding_facilitators = forms.IntegerField(
        label="People who look after it", help_text="1 or 2. The founder is the first."
    )
    sign_up = forms.ChoiceField(
        label="Who may move in",
        widget=forms.RadioSelect,
        choices=[
            (SignUp.OPEN, "Everybody with an e-mail address\nThey confirm it first"),
            (SignUp.INVITED, "Nobody by themselves\nOnly those for whom somebody makes an account"),
        ],
    )
    minimum_age = forms.IntegerField(
        label="Minimum age", help_text="Confirmed at sign-up; nothing but the yes is kept."
    )


class RoleForm(forms.Form):
    """What somebody is in the network."""

    role = forms.ChoiceField(
        label="What they are here",
        widget=forms.RadioSelect,
        choices=[
            (Role.MEMBER, "Member\nLives here"),
            (Role.MODERATOR, "Moderator\nIs asked where something went wrong"),
            (Role.ADMIN, "Admin\nSets the policy and says yes to groups"),
        ],
    )


class SuspendForm(forms.Form):
    """Why somebody may not come in for now."""

    reason = forms.CharField(
        max_length=1000,
        label="Why their place is closed",
        help_text="They read this at the door. They keep their seats until you open it again.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
