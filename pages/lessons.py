"""The lessons, in the order of the lecture: navigation, papers, home page and tests follow it."""

from __future__ import annotations

from pages.attention.lesson import LESSON as ATTENTION
from pages.chain_rule.lesson import LESSON as CHAIN_RULE
from pages.contexts.lesson import LESSON as CONTEXTS
from pages.diagonal_bilstm.lesson import LESSON as DIAGONAL_BILSTM
from pages.flows.lesson import LESSON as FLOWS
from pages.made.lesson import LESSON as MADE
from pages.nade.lesson import LESSON as NADE
from pages.pixelcnn.lesson import LESSON as PIXELCNN
from pages.row_lstm.lesson import LESSON as ROW_LSTM
from pages.time_series.lesson import LESSON as TIME_SERIES

LESSONS = (
    CHAIN_RULE,
    TIME_SERIES,
    NADE,
    MADE,
    PIXELCNN,
    ROW_LSTM,
    DIAGONAL_BILSTM,
    CONTEXTS,
    ATTENTION,
    FLOWS,
)
