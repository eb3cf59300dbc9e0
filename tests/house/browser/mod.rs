//! The pages, in a real browser: what people do, what they see, and what no page may do.

mod pictures;
mod play;
mod problems;
