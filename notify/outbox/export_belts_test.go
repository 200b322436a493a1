package outbox

// DueBeltsSQL is open to the test of its plan.
const DueBeltsSQL = dueBeltsSQL
