"""Users, rooms, and what is true of a user in a room."""

import pytest

from twisted_chat.names import room_name, user_name
from twisted_chat.refused import NotInRoom, NotOperator
from twisted_chat.rooms import Charter, Member, Room, User


def test_knows_what_is_true_of_a_member() -> None:
    """The one who is in it is found with what is theirs."""
    alex, member = _user("alex"), Member(5.0)
    assert _room({alex: member}).member(alex) is member


def test_refuses_who_is_no_member() -> None:
    """The reason says how to become one."""
    with pytest.raises(NotInRoom, match=r"You are not in #dev\. /join #dev first\."):
        _room({}).member(_user("alex"))


def test_lets_an_operator_pass() -> None:
    """An operator, and no other member."""
    alex, sam = _user("alex"), _user("sam")
    room = _room({alex: Member(0, operator=True), sam: Member(0)})
    room.require_operator(alex)
    with pytest.raises(NotOperator, match="Only an operator of #dev may do that"):
        room.require_operator(sam)


@pytest.mark.parametrize(("private", "seen"), [(False, True), (True, False)])
def test_hides_a_private_room_from_all_but_its_members(private: bool, seen: bool) -> None:
    """Who is in it sees it in any case."""
    alex, sam = _user("alex"), _user("sam")
    room = _room({alex: Member(0)})
    room.charter = Charter(mark="mark" if private else "")
    assert [room.visible_to(alex), room.visible_to(sam)] == [True, seen]


def test_has_no_heir_while_an_operator_is_there() -> None:
    """A room that is ruled needs no other ruler."""
    room = _room({_user("alex"): Member(0), _user("sam"): Member(0, operator=True)})
    assert room.heir() is None


def test_goes_to_the_person_who_has_been_there_longest() -> None:
    """A bot comes after all people, however long it has been there."""
    bot, alex, sam = _user("bot", bot=True), _user("alex"), _user("sam")
    assert _room({bot: Member(0), alex: Member(1), sam: Member(2)}).heir() is alex


def test_goes_to_a_bot_where_nobody_else_is_left() -> None:
    """Better a bot than a room that nobody can rule."""
    bot = _user("bot", bot=True)
    assert _room({bot: Member(0)}).heir() is bot


def test_goes_to_nobody_where_nobody_is_left() -> None:
    """An empty room has no heir."""
    assert _room({}).heir() is None


def _user(name: str, *, bot: bool = False) -> User:
    return User(user_name(name), 0.0, bot=bot)


def _room(members: dict[User, Member]) -> Room:
    return Room(room_name("#dev"), members=members)
