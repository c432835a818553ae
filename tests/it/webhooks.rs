//! Webhooks: the presets, the published and derived vectors, and whole systems over real sockets.

mod presets;
mod seeds;
mod vectors;
