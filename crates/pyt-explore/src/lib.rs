//! What to do with threads whose every switch is ours: strategies, schedules, reports.
