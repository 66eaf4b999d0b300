package size

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.

// A line.
