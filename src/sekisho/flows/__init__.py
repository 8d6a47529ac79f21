"""One file per thing people do, named by a verb; the only place where domain packages meet."""
