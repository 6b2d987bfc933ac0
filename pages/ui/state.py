"""A lesson's state, bound to the address: what a link holds is what the page shows.

A lesson declares its fields once, as a mapping from the name in the URL to a `Field`. `Link.read`
gives their values, from the URL when someone arrives by a link or goes back in history, and from
the widgets otherwise (a widget for field "seed" has the key ``link.key("seed")``). Whatever a URL
holds is checked; what does not fit falls back to the default, with a notice that says so.

Fields at their default stay out of the URL. A field that the browser keeps by itself (the player's
step) is checked here like all others, but `Link.read` does not use it, nor does Python choose it. A
lesson that wants to know its value asks `Link.kept`, and has the browser `Link.tell` it.

A lesson that is left and opened again by the navigation, whose links have no query, comes back as
it was left (`note_page`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import takewhile
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.ui.query import Field, Values, read_query, repair, write_query

REMEMBERED = 8  # addresses of a moment ago


def note_page(name: str) -> None:
    """Whose page this run shows; to call in every run, before the page.

    `Link.read` has to know whether a visitor comes from another page. An address without a query is
    then that of the navigation, and on the same page a step back in history.
    """
    state = st.session_state
    if state.get("·page") != name:
        state["·page"], state["·entered"] = name, True


class Link:
    """The state of one lesson in one session."""

    def __init__(
        self, lesson: str, fields: Mapping[str, Field], *, comes_back: bool = True
    ) -> None:
        """`comes_back`: whether the page has `lesson.head`, which puts its address back."""
        self.lesson = lesson
        self.fields = fields
        self.comes_back = comes_back
        self.papers: tuple[Any, ...] = ()

    def key(self, name: str) -> str:
        """Session-state key of a field: the `key=` of its widget."""
        return f"{self.lesson}.{name}"

    def set(self, **values: Any) -> None:
        """Set fields; in a callback, before the widgets of the run exist."""
        for name, value in values.items():
            self._put(name, value)

    def get(self, name: str) -> Any:
        """A field's value now; that of the last run where its widget is not on the page."""
        state = st.session_state
        found = state.get(self.key(name), state[self.key("·values")].get(name))
        return self._unseen[name][0] if self.was(name, found) else found

    def was(self, name: str, value: Any) -> bool:
        """Whether the field had that value before another one that the browser has not heard of.

        A message of the browser holds the values of all widgets. One that ends a run before its
        widgets are on the page brings those of the page before, and Streamlit calls what hears of a
        change. Nobody has made that change: what was set stays.
        """
        return name in self._unseen and value in self._unseen[name][1]

    def drawn(self) -> None:
        """All widgets of this run are on the page: the browser hears what was set."""
        for name in ("·unseen", "·undrawn"):
            st.session_state.pop(self.key(name), None)
        if (context := get_script_run_ctx()) is not None:
            shown = context.shared.widget_user_keys_this_run.snapshot()
            st.session_state[self.key("·shown")] = shown

    def on_change(self, name: str, act: Callable[[], object]) -> Callable[[], None]:
        """The callback of a field's widget, for what a visitor changes."""

        def call() -> None:
            if not self.was(name, st.session_state[self.key(name)]):
                act()

        return call

    @property
    def _unseen(self) -> dict[str, tuple[Any, tuple[Any, ...]]]:
        """Of fields that the browser may not have heard of yet: the value, and those before it."""
        found: dict[str, tuple[Any, tuple[Any, ...]]]
        found = st.session_state.setdefault(self.key("·unseen"), {})
        return found

    def _put(self, name: str, value: Any) -> None:
        state, key, unseen = st.session_state, self.key(name), self._unseen
        if key in state and (name in unseen or state[key] != value):
            wanted, earlier = unseen.get(name, (state[key], ()))
            before = (*earlier, wanted, state[key])
            unseen[name] = value, tuple(each for each in before if each != value)
        state[key] = value

    def _put_unseen(self) -> None:
        """What was set stays, although the browser has sent what stood there before."""
        state = st.session_state
        for name in list(self._unseen):
            key = self.key(name)
            if key in state and state[key] != (wanted := self.get(name)):
                state[key] = wanted
            elif key in state and state[key] != self._unseen[name][0]:
                del self._unseen[name]  # the visitor has changed it since

    def reset(self) -> None:
        """All fields but the seed back to their defaults; what is presented or read stays open."""
        values, _ = read_query(self.fields, {})
        stays = {"seed", "present", "reading"}
        self.set(**{name: value for name, value in values.items() if name not in stays})
        st.session_state[self.key("·resets")] = self.resets + 1
        st.session_state[self.key("·written")] = None  # and what the browser kept goes from the URL
        self.forget()

    def tell(self, said: Mapping[str, Any] | None) -> None:
        """What the browser says of fields that it keeps; for the callback of a picture's trigger.

        It is in the address as well, but once an address has a query Streamlit sends the one that
        it knows itself, and what the browser wrote there since is not in it.
        """
        told = {
            name: str(value)
            for name, value in (said or {}).items()
            if name in self.fields and self.fields[name].browser_owned
        }
        st.session_state[self.key("·told")] = self._told | told

    def forget(self) -> None:
        """What the browser has told holds no longer: it is sent elsewhere."""
        st.session_state.pop(self.key("·told"), None)

    @property
    def _told(self) -> dict[str, str]:
        """What the browser has told since it was last sent elsewhere, as a link has it."""
        return dict(st.session_state.get(self.key("·told"), {}))

    def kept(self, values: Values, start: Mapping[str, Any]) -> dict[str, Any]:
        """Fields that the browser keeps: as it told last, else as the address says, else `start`.

        Args:
            values: those of `read`.
            start: by name; where a link that says nothing begins.
        """
        told, query = self._told, st.query_params
        found = dict(start)
        for name in start:
            for text in (told.get(name), query.get(name)):
                try:
                    if text is not None:
                        found[name] = self.fields[name].parse(text, {**values, **found})
                        break
                except ValueError:
                    continue
        return found

    @property
    def resets(self) -> int:
        """How often the lesson was reset: a picture with another count begins anew."""
        return int(st.session_state.get(self.key("·resets"), 0))

    @property
    def arrivals(self) -> int:
        """How often someone came by a link, or went back or forward in history.

        A picture with another count stands where the address says, not where it stood.
        """
        return int(st.session_state.get(self.key("·arrivals"), 0))

    def read(self) -> dict[str, Any]:
        """The values of this run, with the URL brought into step. Call before any widget."""
        state = st.session_state
        self._put_unseen()
        written = self.key("·written")
        owned = {name for name, field in self.fields.items() if field.browser_owned}
        mine = self.fields.keys() - owned
        query = st.query_params.to_dict()
        kept = {name: text for name, text in query.items() if name not in owned}
        entered = state.pop("·entered", False)
        if entered:
            state.pop(self.key("goto"), None)  # what a card asked for before is done
        if kept or (query and not state.get(written)):  # not what a page adds to an empty address
            state.pop(self.key("·unheard"), None)
        if entered and not query and self.comes_back and self.key("·values") in state:
            state[self.key("·arrivals")] = self.arrivals + 1
            values = self._return()
        elif self._arrives(kept):
            state[self.key("·arrivals")] = self.arrivals + 1
            values, notices = read_query(self.fields, query)
            wanted = write_query(self.fields, values)
            state[self.key("·notices")] = notices
            if notices:  # take what was wrong out of the URL, and leave the rest
                right = {name: query[name] for name in owned if values[name] is not None}
                st.query_params.from_dict(wanted | right)
                kept = wanted
            self._remember(kept, wanted)
            self.forget()
        else:
            values = repair(self.fields, {n: self.get(n) for n in mine} | dict.fromkeys(owned))
            wanted = write_query(self.fields, values)
            behind = kept != state[self.key("·seen")] and not state.get(self.key("·unheard"))
            if wanted != state[written] or behind:
                told = self._told
                known = state.get(self.key("·own"), {}) if behind else query
                own = {
                    name: text
                    for name, text in (known | told).items()
                    if name in owned and self._stays(name, state[written], wanted)
                }
                state[self.key("·told")] = {name: own[name] for name in told.keys() & own.keys()}
                st.query_params.from_dict(wanted | own)
                self._remember(wanted, wanted)
        shown = frozenset() if entered else state.get(self.key("·shown"), frozenset())
        for name in mine:
            key = self.key(name)
            # A widget that was not on the page begins anew in the browser, at the value of its own
            # (a slider's is the lowest): it has to be told, although the session knows the value.
            if key not in shown or key not in state or state[key] != values[name]:
                self._put(name, values[name])
        state[self.key("·values")], state[self.key("·undrawn")] = values, True
        if not state.get(self.key("·unheard")):
            state[self.key("·own")] = {
                name: text for name, text in st.query_params.to_dict().items() if name in owned
            }
        return values

    def _return(self) -> dict[str, Any]:
        """The lesson as it was left; the browser puts its address back (copy_link.js).

        Written from here, the address would be a step of its own in the history, and Streamlit
        might add it to that of the page before, which the browser still shows at that moment.
        """
        state = st.session_state
        own = {**state.get(self.key("·own"), {}), **self._told}
        values, _ = read_query(
            self.fields, write_query(self.fields, state[self.key("·values")]) | own
        )
        wanted = write_query(self.fields, values)
        own = {name: text for name, text in own.items() if values[name] is not None}
        state[self.key("·unheard")] = bool(wanted or own)
        state[self.key("·restored")] = {"query": wanted | own, "count": self.arrivals}
        self._remember({}, wanted)
        self._remember(wanted, wanted)
        return values

    @property
    def restored(self) -> dict[str, Any] | None:
        """The address that the browser is to put back, and the number of that arrival."""
        found: dict[str, Any] | None = st.session_state.get(self.key("·restored"))
        return found

    def _arrives(self, query: Mapping[str, str]) -> bool:
        """Whether someone comes by a link, or goes back in history; else a run like any other.

        An edit that is made before the address of the one before it has reached the browser comes
        with an address of a moment ago. That is no step back, for a step back edits nothing. Nor is
        what ends a run whose widgets were not on the page yet.
        """
        state = st.session_state
        if self.key("·values") not in state:
            return True
        if not query and state.get(self.key("·unheard")):
            return False  # the browser is still to put the address back
        values = state[self.key("·values")]
        edited = any(
            state.get(self.key(name), values[name]) != values[name]
            for name, field in self.fields.items()
            if not field.browser_owned
        )
        context = get_script_run_ctx()
        back = context is not None and context.is_history_navigation
        cut = state.get(self.key("·undrawn")) and not back
        overtaken = bool(edited or cut) and query in state[self.key("·past")]
        return query != state[self.key("·seen")] and not overtaken

    def _remember(self, seen: Mapping[str, str], written: Mapping[str, str]) -> None:
        """The address that the next run is expected to come with, and those before it."""
        state = st.session_state
        past = state.get(self.key("·past"), ())
        state[self.key("·past")] = (*past, state.get(self.key("·seen")))[-REMEMBERED:]
        state[self.key("·seen")], state[self.key("·written")] = seen, written

    def _stays(self, owned: str, before: Mapping[str, str] | None, now: Mapping[str, str]) -> bool:
        """Whether what the browser keeps outlives this change; `before` is None at reset."""
        earlier = takewhile(lambda name: name != owned, self.fields)
        return before is not None and all(before.get(name) == now.get(name) for name in earlier)

    def note(self, text: str) -> None:
        """Something to tell the visitor at the next run."""
        state = st.session_state
        state[self.key("·notices")] = [*state.get(self.key("·notices"), []), text]

    def notices(self) -> list[str]:
        """What there is to tell the visitor, once."""
        told = list(st.session_state.pop(self.key("·notices"), []))
        st.session_state[self.key("·noticed")] = told
        return told

    def tell_again(self) -> None:
        """For a run that the visitor did not cause: it tells what the run before has told."""
        state = st.session_state
        told = state.get(self.key("·noticed"), [])
        state[self.key("·notices")] = [*told, *state.get(self.key("·notices"), [])]
