//! Webhooks: the presets, the published and derived vectors, whole systems over real sockets, and what holds for any layout.

mod presets;
mod properties;
mod seeds;
mod vectors;
