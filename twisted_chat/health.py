"""Whether people should be sent to this server, and why not."""

from twisted_chat.admission import Admission
from twisted_chat.house import House
from twisted_chat.limits import RECORD_SECONDS

STARTING = "starting"


def why_not_ready(house: House, admission: Admission) -> str:
    """Why nobody new should be sent here now; empty where they may be."""
    delivery = house.delivery
    if house.closing:
        return "closing"
    if delivery.failing:
        return "the disk fails: nothing is saved"
    if delivery.recording_for() > RECORD_SECONDS:
        return f"the disk has not answered for {int(delivery.recording_for())} seconds"
    if delivery.overcrowded:
        return "too much waits for the disk"
    if admission.full:
        return "full: there are as many connections as there may be"
    return ""
