//! The pages, in a real browser: what people do, what they see, and what no page may do.

mod access;
mod admin;
mod again;
mod answering;
mod crew;
mod desk;
mod frames;
mod german_tour;
mod hostile;
mod hostile_people;
mod looking;
mod people;
mod people_tour;
mod pictures;
mod play;
mod problems;
mod restart;
mod rooms;
mod staff;
mod tour;
mod watching;
