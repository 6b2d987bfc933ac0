"""Autoregressive flows, MAF and IAF: a Gaussian bent into data, one variable at a time."""

from __future__ import annotations

from pages.flows import reading
from pages.flows.bend import BEND
from pages.flows.directions import DIRECTIONS
from pages.flows.stretch import STRETCH
from pages.ui.outline import Lesson
from pages.ui.papers import MADE, Paper
from pages.ui.stage_page import show

LESSON = Lesson(
    slug="flows",
    title="Flows",
    heading="Autoregressive flows",
    idea="A Gaussian bent into data, one variable at a time, and back again.",
    page=show,
    activities=(STRETCH, BEND, DIRECTIONS),
    reading={
        "Formula": reading.formula,
        "Code": reading.code,
        "What people get wrong": reading.mistakes,
    },
    papers=(
        Paper(
            "Papamakarios, Pavlakou & Murray 2017",
            "Masked Autoregressive Flow for Density Estimation",
            "https://arxiv.org/abs/1705.07057",
            "MAF: density in one pass, a sample in D",
        ),
        Paper(
            "Kingma, Salimans, Jozefowicz, Chen, Sutskever & Welling 2016",
            "Improving Variational Inference with Inverse Autoregressive Flow",
            "https://arxiv.org/abs/1606.04934",
            "IAF: a sample in one pass, density in D",
        ),
        MADE,
        Paper(
            "Weng 2018",
            "Flow-based Deep Generative Models",
            "https://lilianweng.github.io/posts/2018-10-13-flow-models/",
            "all kinds of flows, explained",
        ),
    ),
)
