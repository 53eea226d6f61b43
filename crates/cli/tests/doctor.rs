//! `poolkey doctor`, in homes that have each problem and in one that has none.

mod bundle;
mod cases;
mod hostile;
mod mended;
mod scene;
mod shown;
