"""What the competition is: people, seasons, challenges, teams and what they hand in."""
