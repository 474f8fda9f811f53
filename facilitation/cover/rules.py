"""When somebody is not seen, when nobody is on duty, and how much one person carries (R47)."""

from datetime import timedelta

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
UNSEEN_AFTER = timedelta(days=5)
ANSWER_WITHIN = timedelta(hours=24)
ADMINS_AFTER = timedelta(hours=24)  # when those who were asked first have not seen to it
LONGEST_LEAVE = timedelta(days=366)
HELP_FROM, TOO_MUCH_FROM = 25, 40  # things to see to in a week; more than so many
SHOWN_DAYS = 14


def spans(days):
    """[(first day, last day, value)] of neighbouring days that have the same value.

    days: [(day, value)] in order, none left out.
    """
    found: list = []
    for day, value in days:
        if found and found[-1][2] == value:
            found[-1] = (found[-1][0], day, value)
        else:
            found.append((day, day, value))
    return found


def day_in_words(day, today):
    """`tomorrow`, `Thursday` within a week, else `3 December`."""
    days = (day - today).days
    if days == 1:
        return "tomorrow"
    return f"{day:%A}" if 1 < days < 7 else f"{day:%-d %B}"


def load_in_words(things, usual):
    """How much so many things to see to in a week are: (level, words); level: "", amber or red.

    usual: how many a week in the four weeks before.
    """
    if things > TOO_MUCH_FROM:
        return "red", "More than one person can carry"
    if things > HELP_FROM:
        return "amber", "A good moment to help"
    if usual and things > 2 * usual:
        return "", "More than usual"
    return "", "Easy"
