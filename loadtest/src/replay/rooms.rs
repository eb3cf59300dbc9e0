//! Interview rooms: people sign in, make and join a room, answer problems, watch the scoreboard, and
//! leave, until the room is closed.

use serde_json::{Value, json};

use super::person::{Listener, Person};
use super::stage::Stage;

/// Plays the flow.
pub(super) async fn play(stage: &mut Stage) -> Result<(), String> {
    let [mut alice, mut bob, mut charlie] =
        [stage.person("alice").await?, stage.person("bob").await?, stage.person("charlie").await?];
    let room = create(stage, &mut alice).await?;
    let mut socket = alice.listen(&room).await?;
    join(stage, &room, &mut bob, &mut socket).await?;
    join(stage, &room, &mut charlie, &mut socket).await?;
    answer(stage, &room, [&mut alice, &mut bob, &mut charlie], &mut socket).await?;
    talk(stage, &room, &mut bob, &mut socket).await?;
    let names = [&alice, &bob, &charlie].map(|one| one.name.clone());
    look(stage, &room, &names, &mut bob).await?;
    drop(socket);
    leave(stage, &room, &mut alice, &mut bob).await?;
    delete(stage, &room, &mut bob, &mut charlie).await
}

/// Create: the id is made, and the owner is in the room at once.
async fn create(stage: &mut Stage, alice: &mut Person) -> Result<String, String> {
    let problem = |name: &str, points: i64| json!({"problem_id": name, "text": "How many bits has a byte?", "answer": "8", "points": points});
    let wish = json!({"title": "Interview", "problems": [problem("p1", 20), problem("p2", 90)]});
    let (status, made) = alice.post("rooms", wish).await?;
    stage.same("a room is made", &status.into(), &json!(201));
    stage.has("the new room", &made, &json!({"owner": alice.name, "members": 1, "title": "Interview"}));
    let code = made["room_id"].as_str().unwrap_or_default().to_owned();
    stage.holds("its id has six letters", code.len() == 6, &made);
    let listed = alice.get("rooms").await?.1;
    let is_listed = listed["data"].as_array().into_iter().flatten().any(|room| room["room_id"] == code);
    stage.holds("it is among the open rooms", is_listed, &listed);
    Ok(code)
}

/// Join: the room hears of it.
async fn join(stage: &mut Stage, room: &str, who: &mut Person, socket: &mut Listener) -> Result<(), String> {
    let (status, joined) = who.poke(&format!("rooms/{room}/join")).await?;
    stage.same("somebody joins", &status.into(), &json!(200));
    stage.has("the room they joined", &joined, &json!({"room_id": room}));
    let told = socket.hear("team_joined").await?;
    stage.has("the system message", &told, &json!({"team": who.name}));
    Ok(())
}

/// Submissions: points by the room's own word, the bonus for the first, and a new scoreboard.
async fn answer(
    stage: &mut Stage,
    room: &str,
    people: [&mut Person; 3],
    socket: &mut Listener,
) -> Result<(), String> {
    let [alice, bob, charlie] = people;
    let path = format!("rooms/{room}/submissions");
    let said = |problem: &str, answer: &str| json!({"problem_id": problem, "answer": answer});
    let (status, verdict) = alice.post(&path, said("p1", "8")).await?;
    stage.same("an answer is judged", &status.into(), &json!(200));
    let first = json!({"problem_id": "p1", "correct": true, "points_earned": 30, "first_correct": true});
    stage.has("the first right answer", &verdict, &first);
    let score = socket.hear_where("score_update", |frame| frame["team"] == alice.name).await?;
    stage.has("the scoreboard's news", &score, &json!({"points": 30}));
    let second = bob.post(&path, said("p1", "8")).await?.1;
    stage.has("the second", &second, &json!({"points_earned": 20, "first_correct": false}));
    alice.post(&path, said("p2", "8")).await?;
    charlie.post(&path, said("p2", "9")).await?;
    let board = socket.hear_where("leaderboard_update", |frame| shows(frame, &alice.name, 130)).await;
    stage.holds("the board follows", board.is_ok(), &json!(board));
    let own = json!({"problem_id": "p1", "points": 9000, "answer": "8"});
    let (status, _) = charlie.post(&path, own).await?;
    stage.same("points of one's own are refused", &status.into(), &json!(422));
    Ok(())
}

fn shows(frame: &Value, team: &str, points: i64) -> bool {
    let rows = frame["rows"].as_array().into_iter().flatten();
    rows.into_iter().any(|row| row["team"] == team && row["points"] == points)
}

/// Chat: what is said is heard, with who said it.
async fn talk(stage: &mut Stage, room: &str, bob: &mut Person, socket: &mut Listener) -> Result<(), String> {
    let said = json!({"message": "Hello everyone!"});
    let (status, _) = bob.post(&format!("rooms/{room}/messages"), said).await?;
    stage.same("something is said", &status.into(), &json!(201));
    let heard = socket.hear("chat").await?;
    stage.has("what is heard", &heard, &json!({"message": "Hello everyone!", "author": bob.name}));
    Ok(())
}

/// Leaderboard and stats, as documented, field by field.
async fn look(stage: &mut Stage, room: &str, names: &[String; 3], bob: &mut Person) -> Result<(), String> {
    let board = bob.get(&format!("rooms/{room}/leaderboard")).await?.1;
    let row = |who: usize, score: i64| json!({"username": names[who], "score": score});
    let wanted = json!({"room_id": room, "leaderboard": [row(0, 130), row(1, 20), row(2, 0)]});
    stage.same("the leaderboard", &board, &wanted);
    let stats = bob.get(&format!("rooms/{room}/stats")).await?.1;
    let wanted = json!({"room_id": room, "active_users": 1, "messages_sent": 1, "submissions": 4});
    stage.same("the stats", &stats, &wanted);
    Ok(())
}

/// Leave: the room passes on.
async fn leave(stage: &mut Stage, room: &str, alice: &mut Person, bob: &mut Person) -> Result<(), String> {
    let mut socket = bob.listen(room).await?;
    let (status, _) = alice.poke(&format!("rooms/{room}/leave")).await?;
    stage.same("the owner leaves", &status.into(), &json!(204));
    let told = socket.hear("team_left").await?;
    stage.has("the system message", &told, &json!({"team": alice.name}));
    let told = socket.hear("owner_changed").await?;
    stage.has("the room has passed on", &told, &json!({"owner": bob.name}));
    let now = bob.get(&format!("rooms/{room}")).await?.1;
    stage.has("the room", &now, &json!({"owner": bob.name, "members": 2}));
    Ok(())
}

/// Delete: for the owner only.
async fn delete(stage: &mut Stage, room: &str, bob: &mut Person, charlie: &mut Person) -> Result<(), String> {
    let path = format!("rooms/{room}");
    stage.same("nobody else closes it", &charlie.delete(&path).await?.0.into(), &json!(403));
    stage.same("its owner does", &bob.delete(&path).await?.0.into(), &json!(204));
    let (status, _) =
        charlie.post(&format!("{path}/submissions"), json!({"problem_id": "p2", "answer": "8"})).await?;
    stage.same("nothing is answered any more", &status.into(), &json!(409));
    Ok(())
}
