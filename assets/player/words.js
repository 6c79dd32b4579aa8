/* What the player says in words and in numbers for people. */

export function percent(share) {
  if (share > 0.9995) return ">99.9%";
  if (share < 0.0005) return "<0.1%";
  return `${(100 * share).toFixed(1)}%`;
}

/** A share of the way, as finely as the part of it that is seen asks for. */
export function share(t, until) {
  return `${Number((100 * t).toFixed(until < 0.02 ? 2 : until < 0.2 ? 1 : 0))}%`;
}

/** "label", "target" or "other": the CSS class that gives a class of the model its colour. */
export function role(payload, index) {
  if (index === payload.label.index) return "label";
  return index === payload.target.index ? "target" : "other";
}

/** Position in payload.classes of the likeliest class at sample i. */
export function likeliest(payload, i) {
  const row = payload.probabilities[i];
  return row.indexOf(Math.max(...row));
}

/** What the third picture is at t. */
export function stage(payload, t, until) {
  if (t === 1) return payload.success ? "Adversarial" : "Closest try";
  return `${t > 1 ? "Beyond" : "On the way"}, ${share(t, until)}`;
}

/** The fixed texts of the player, by their data-text name. */
export function texts(payload) {
  const { label, target, width, height } = payload;
  return {
    lead: `Lead of ${label.name} over ${target.name}`,
    straightness: payload.straightness,
    note: `0% is the original, 100% the ${payload.success ? "adversarial image" : "closest try"}; beyond that the same `
      + `change is pushed further. The slider stops at the ${payload.t.length} points where the model was asked, so `
      + "probabilities and true margin are its own answers for the very image at that point (the screen shows that "
      + "image rounded to 8 bits).",
    pictures: `Left: the photo as the model sees it, ${width} × ${height} pixels. Middle: what the attack added so far, `
      + "magnified by the factor below it so that you can see it at all; grey is no change, brighter or darker is more "
      + "or less of a colour. Right: the two together, with nothing magnified. This is the image the model judges.",
    bars: "The five classes that the model finds likeliest for the right-hand picture, and how much it believes in "
      + `each: 100% is shared out among all its classes. The attack moved the image away from ${label.name} `
      + `and towards ${target.name}.`,
    chart: `The model gives every class a score, called a logit. The margin is the score of ${label.name} minus the `
      + `score of ${target.name}: where it falls below zero, ${label.name} has lost. The solid curve is what the model `
      + "really answers along the way. The dashed line knows the original only: it takes the slope there and goes "
      + "straight on, which is how MALT guesses which class is nearest. The closer the two, the better the guess.",
    numbers: payload.numbers,
  };
}

export function signed(value) {
  return (value < 0 ? "\u2212" : "+") + Math.abs(value).toFixed(2);
}
