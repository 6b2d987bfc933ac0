// Keeps in this browser which steps of which lesson have been seen, and marks the lessons in the sidebar:
// half a disc for one that was begun, a disc for one that was seen to its end. There is no account; where
// the browser allows no storage, nothing is kept and nothing is marked, and Python hears of it, once.

import { bringStepIntoView } from "./step_in_view.js";
import { store, stored } from "./storage.js";
import { unpack } from "./wire.js";

const PLACE = "arviz.progress";
const NAVIGATION = "[data-testid=stSidebarNavLink]";

/** @typedef {Record<string, number[]>} Seen the steps seen, counted from 1, by activity */
/** @typedef {{ seen: Seen, steps: Record<string, number> }} LessonProgress */
/** @typedef {{ lesson: string, activity: string, step: number, steps: Record<string, number>, blocked: boolean }} ProgressMeta blocked: Python has heard that nothing is kept */

/** What is kept, by lesson. @returns {Record<string, LessonProgress>} */
function kept() {
  try {
    const found = JSON.parse(stored(PLACE) ?? "{}");
    return found && typeof found === "object" && !Array.isArray(found) ? found : {};
  } catch {
    return {};
  }
}

/**
 * How far a lesson is, once a step of it has been seen.
 *
 * @param {LessonProgress | undefined} before
 * @param {ProgressMeta} now
 * @returns {LessonProgress}
 */
export function afterStep(before, { activity, step, steps }) {
  const seen = { ...before?.seen };
  const own = Array.isArray(seen[activity]) ? seen[activity] : [];
  seen[activity] = [...new Set([...own, step])].sort((a, b) => a - b);
  return { seen, steps };
}

/**
 * "" for a lesson not begun, "begun", or "done".
 *
 * @param {LessonProgress | undefined} lesson
 */
export function stateOf(lesson) {
  if (!lesson?.seen || !lesson.steps) return "";
  const all = Object.entries(lesson.steps).every(([activity, steps]) => {
    const seen = new Set(lesson.seen[activity] ?? []);
    return Array.from({ length: steps }, (_, index) => index + 1).every((step) => seen.has(step));
  });
  return all ? "done" : "begun";
}

const SPOKEN = { "": "", begun: "begun", done: "seen to its end" };

/** @param {Record<string, LessonProgress>} all */
function markLessons(all) {
  for (const link of document.querySelectorAll(NAVIGATION)) {
    const slug = new URL(/** @type {HTMLAnchorElement} */ (link).href).pathname.split("/").pop();
    const state = stateOf(all[slug ?? ""]);
    if (state) link.setAttribute("data-progress", state);
    else link.removeAttribute("data-progress");
    link.setAttribute("aria-description", SPOKEN[state]);
  }
}

/**
 * Which step of which lesson is open; "" where none is. The home page has steps too, and no name.
 *
 * @param {Partial<ProgressMeta>} now
 */
export const stepOf = ({ lesson, activity, step }) =>
  lesson === undefined ? "" : `${lesson} ${activity} ${step}`;

/** The step that was open before, of any lesson. */
let open = "";

/** @type {ReturnType<typeof setInterval> | undefined} of telling Python that nothing is kept */
let telling;
const AGAIN = 1000; // milliseconds: Python may not hear what is told while it runs

/**
 * @param {object} place
 * @param {Uint8Array | null} place.data
 * @param {(name: string, value: unknown) => void} place.setTriggerValue
 */
export default function progress({ data, setTriggerValue }) {
  /** @type {Partial<ProgressMeta>} */
  const now = data ? unpack(data).meta : {};
  clearInterval(telling);
  const all = kept();
  const step = stepOf(now);
  if (open && step && open !== step) bringStepIntoView();
  open = step || open;
  if (now.lesson) {
    all[now.lesson] = afterStep(all[now.lesson], /** @type {ProgressMeta} */ (now));
    if (!store(PLACE, JSON.stringify(all)) && !now.blocked)
      telling = setInterval(() => setTriggerValue("blocked", true), AGAIN);
  }
  markLessons(all);
  const bar = document.querySelector("[data-testid=stSidebarNav]");
  if (!bar) return () => clearInterval(telling);
  const watch = new MutationObserver(() => markLessons(kept()));
  watch.observe(bar, { childList: true, subtree: true });
  return () => {
    clearInterval(telling);
    watch.disconnect();
  };
}
