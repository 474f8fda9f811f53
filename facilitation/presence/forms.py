"""What a member wishes about their rhythm."""

from django import forms


class RhythmForm(forms.Form):
    """Whether the group's facilitators are told of an unusual silence."""

    noticed = forms.BooleanField(required=False)
