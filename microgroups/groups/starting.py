"""What drafts and pledges add to the registries: subjects and personal data."""

from microgroups.groups.drafts import GroupDraft
from microgroups.groups.founding import Pledge
from network.prepared import rows
from network.registries import Kept, Subject, personal_data


def load_drafts(ids, person):
    """This person's drafts, as subjects of a Notice."""
    return {
        draft.pk: Subject(str(draft), draft.get_absolute_url())
        for draft in rows(drafts_at, list(ids), person)
    }


def drafts_at(keys, person):
    return GroupDraft.objects.visible_to(person).filter(pk__in=keys)


def drafts_of(person):
    for draft in GroupDraft.objects.filter(founder=person):
        yield {
            "name": draft.name,
            "purpose": draft.purpose,
            "difference": draft.difference,
            "belonging": draft.belonging,
            "agreements": draft.agreements,
            "care_plan": draft.care_plan,
            "questions": draft.questions,
            "touched_at": draft.touched_at,
        }


def pledges_of(person):
    for word in Pledge.objects.filter(person=person).select_related("group"):
        yield {
            "group": word.group.name,
            "facilitate": word.facilitate,
            "pledged_at": word.pledged_at,
        }


def keep_personal_data():
    personal_data.add(
        GroupDraft,
        Kept(
            export=drafts_of,
            erase=lambda person: GroupDraft.objects.filter(founder=person).delete(),
        ),
    )
    personal_data.add(
        Pledge,
        Kept(
            export=pledges_of,
            erase=lambda person: Pledge.objects.filter(person=person).delete(),
        ),
    )
