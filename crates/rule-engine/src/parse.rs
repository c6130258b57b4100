//! Tokens to a tree, by recursive descent. Grammar: see the crate's README.

use crate::ast::{Arg, Expr, Length, Node, Span};
use crate::lex::{SyntaxError, Token, lex};
use vitals::Decimal;

/// How deep a condition may nest; far more than a person reads, far less than a stack holds.
const MAX_DEPTH: u32 = 48;

/// Longest window, in days: ten years.
const MAX_DAYS: i64 = 3660;

type Parsed<T> = Result<T, SyntaxError>;

/// Longest condition, in bytes. It bounds the depth of a chain of `or`, which nests to the left.
const MAX_LENGTH: usize = 2000;

/// Parses a condition.
pub(crate) fn parse(text: &str) -> Parsed<Node> {
    if text.len() > MAX_LENGTH {
        let message = format!("the condition is longer than {MAX_LENGTH} characters");
        return Err(SyntaxError::new(0..text.len(), message, "split it into several rules"));
    }
    let mut parser = Parser { tokens: lex(text)?, at: 0, end: text.len(), depth: 0 };
    let node = parser.or()?;
    match parser.tokens.get(parser.at) {
        None => Ok(node),
        Some((_, span)) => Err(SyntaxError::new(
            span.clone(),
            "expected the condition to end here",
            "join conditions with `and` or `or`",
        )),
    }
}

struct Parser {
    tokens: Vec<(Token, Span)>,
    at: usize,
    end: usize,
    depth: u32,
}

fn join(left: Node, right: Node, make: impl FnOnce(Box<Node>, Box<Node>) -> Expr) -> Node {
    Node { span: left.span.start..right.span.end, expr: make(Box::new(left), Box::new(right)) }
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|(t, _)| t)
    }

    fn peek_second(&self) -> Option<&Token> {
        self.tokens.get(self.at + 1).map(|(t, _)| t)
    }

    fn span(&self) -> Span {
        self.tokens.get(self.at).map_or(self.end..self.end, |(_, s)| s.clone())
    }

    fn word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Name(n)) if n == word);
        self.at += usize::from(found);
        found
    }

    fn symbol(&mut self, choice: &[&'static str]) -> Option<&'static str> {
        let Some(Token::Symbol(found)) = self.peek() else { return None };
        let found = *found;
        choice.contains(&found).then(|| {
            self.at += 1;
            found
        })
    }

    fn want(&mut self, symbol: &'static str, remedy: &str) -> Parsed<usize> {
        let span = self.span();
        match self.symbol(&[symbol]) {
            Some(_) => Ok(span.end),
            None => Err(SyntaxError::new(span, format!("expected `{symbol}`"), remedy)),
        }
    }

    fn or(&mut self) -> Parsed<Node> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(SyntaxError::new(self.span(), "the condition nests too deeply", "split it into several rules"));
        }
        let mut left = self.and()?;
        while self.word("or") {
            left = join(left, self.and()?, |a, b| Expr::Logic("or", a, b));
        }
        self.depth -= 1;
        Ok(left)
    }

    fn and(&mut self) -> Parsed<Node> {
        let mut left = self.not()?;
        while self.word("and") {
            left = join(left, self.not()?, |a, b| Expr::Logic("and", a, b));
        }
        Ok(left)
    }

    fn not(&mut self) -> Parsed<Node> {
        let start = self.span().start;
        let mut nots = 0_u32;
        while self.word("not") {
            nots += 1;
        }
        let mut node = self.repeated()?;
        for _ in 0..nots {
            node = Node { span: start..node.span.end, expr: Expr::Not(Box::new(node)) };
        }
        Ok(node)
    }

    fn repeated(&mut self) -> Parsed<Node> {
        let node = self.comparison()?;
        let start = node.span.start;
        let counted = matches!(self.peek_second(), Some(Token::Name(n)) if n == "times");
        if let (Some(Token::Number(_)), true) = (self.peek(), counted) {
            let (count, _) = self.integer("a number of times")?;
            self.word("times");
            if !self.word("in") {
                return Err(SyntaxError::new(self.span(), "expected `in`", "write e.g. `2 times in 24 h`"));
            }
            let (length, span) = self.length()?;
            return Ok(Node { span: start..span.end, expr: Expr::Times(Box::new(node), count, length) });
        }
        if self.word("for") {
            let (length, span) = self.length()?;
            return Ok(Node { span: start..span.end, expr: Expr::For(Box::new(node), length) });
        }
        Ok(node)
    }

    fn comparison(&mut self) -> Parsed<Node> {
        const COMPARE: [&str; 6] = ["<=", ">=", "==", "!=", "<", ">"];
        let left = self.sum()?;
        let Some(op) = self.symbol(&COMPARE) else { return Ok(left) };
        let node = join(left, self.sum()?, |a, b| Expr::Compare(op, a, b));
        let span = self.span();
        match self.symbol(&COMPARE) {
            None => Ok(node),
            Some(_) => Err(SyntaxError::new(
                span,
                "a comparison has two sides",
                "write `x >= a and x < b` instead of `a <= x < b`",
            )),
        }
    }

    fn sum(&mut self) -> Parsed<Node> {
        let mut left = self.product()?;
        while let Some(op) = self.symbol(&["+", "-"]) {
            left = join(left, self.product()?, |a, b| Expr::Binary(op, a, b));
        }
        Ok(left)
    }

    fn product(&mut self) -> Parsed<Node> {
        let mut left = self.factor()?;
        while let Some(op) = self.symbol(&["*", "/"]) {
            left = join(left, self.factor()?, |a, b| Expr::Binary(op, a, b));
        }
        Ok(left)
    }

    fn factor(&mut self) -> Parsed<Node> {
        let start = self.span().start;
        let mut signs = 0_u32;
        while self.symbol(&["-"]).is_some() {
            signs += 1;
        }
        let mut node = self.primary()?;
        for _ in 0..signs {
            node = Node { span: start..node.span.end, expr: Expr::Negative(Box::new(node)) };
        }
        Ok(node)
    }

    fn primary(&mut self) -> Parsed<Node> {
        let span = self.span();
        match self.peek().cloned() {
            Some(Token::Number(value)) => {
                self.at += 1;
                let end = self.span().end;
                if let Some(Token::Unit(unit)) = self.peek() {
                    let unit = *unit;
                    self.at += 1;
                    return Ok(Node { span: span.start..end, expr: Expr::Number(value, Some(unit)) });
                }
                if let Some(Token::Time(_)) = self.peek() {
                    let remedy = "times stand in windows: `rise(weight, 72 h)`, `… 2 times in 24 h`, `… for 2 h`";
                    return Err(SyntaxError::new(span.start..end, "a time is no value", remedy));
                }
                Ok(Node { span, expr: Expr::Number(value, None) })
            }
            Some(Token::Name(name)) => {
                self.at += 1;
                if self.symbol(&["("]).is_some() {
                    self.call(name, span)
                } else {
                    Ok(Node { span, expr: Expr::Name(name) })
                }
            }
            Some(Token::Symbol("(")) => {
                self.at += 1;
                let inner = self.or()?;
                let end = self.want(")", "close the parenthesis")?;
                Ok(Node { span: span.start..end, expr: Expr::Group(Box::new(inner)) })
            }
            _ => Err(SyntaxError::new(
                span,
                "expected a value",
                "a value is a number with its unit, a parameter, a quantity, or a function such as `latest(weight)`",
            )),
        }
    }

    fn call(&mut self, name: String, name_span: Span) -> Parsed<Node> {
        let mut args = Vec::new();
        loop {
            args.push(self.argument()?);
            if self.symbol(&[","]).is_none() {
                break;
            }
        }
        let end = self.want(")", "close the function's parenthesis")?;
        Ok(Node { span: name_span.start..end, expr: Expr::Call { name, name_span, args } })
    }

    fn argument(&mut self) -> Parsed<Arg> {
        let start = self.span().start;
        if self.word("last") {
            let (count, span) = self.integer("a number of readings")?;
            return Ok(Arg::Last(count, start..span.end));
        }
        let timed = matches!(self.peek_second(), Some(Token::Time(_)));
        if let (Some(Token::Number(_)), true) = (self.peek(), timed) {
            let (near, span) = self.length()?;
            if self.symbol(&[".."]).is_none() {
                return Ok(Arg::Within(near, span));
            }
            let (far, span) = self.length()?;
            let end = self.span().end;
            if !self.word("ago") {
                return Err(SyntaxError::new(self.span(), "expected `ago`", "write e.g. `12 h .. 36 h ago`"));
            }
            if near.delta() >= far.delta() {
                let remedy = "the nearer time comes first: `12 h .. 36 h ago`";
                return Err(SyntaxError::new(start..span.end, "the window is empty", remedy));
            }
            return Ok(Arg::Ago { near, far, span: start..end });
        }
        Ok(Arg::Value(self.or()?))
    }

    fn integer(&mut self, what: &str) -> Parsed<(u32, Span)> {
        let span = self.span();
        let found = match self.peek() {
            Some(Token::Number(n)) => u32::try_from(*n).ok().filter(|i| Decimal::from(*i) == *n && *i > 0),
            _ => None,
        };
        self.at += 1;
        let remedy = "write a whole number of 1 or more";
        found.map(|n| (n, span.clone())).ok_or_else(|| SyntaxError::new(span, format!("expected {what}"), remedy))
    }

    fn length(&mut self) -> Parsed<(Length, Span)> {
        let start = self.span();
        let (amount, _) = self.integer("a length of time")?;
        let span = start.start..self.span().end;
        let Some(Token::Time(unit)) = self.peek() else {
            let remedy = "write its unit: s, min, h or d";
            return Err(SyntaxError::new(start, "expected a length of time", remedy));
        };
        let length = Length { amount, unit: *unit };
        self.at += 1;
        if length.delta().num_days() > MAX_DAYS {
            return Err(SyntaxError::new(span, "the window is longer than ten years", "shorten it"));
        }
        Ok((length, span))
    }
}

/// A length of time on its own: `30 min`.
pub(crate) fn parse_length(text: &str) -> Parsed<Length> {
    let mut parser = Parser { tokens: lex(text)?, at: 0, end: text.len(), depth: 0 };
    let (length, _) = parser.length()?;
    match parser.tokens.get(parser.at) {
        None => Ok(length),
        Some((_, span)) => Err(SyntaxError::new(span.clone(), "expected nothing more", "write e.g. `30 min`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn prints(text: &str, canonical: &str) {
        let node = parse(text).unwrap();
        assert_eq!(node.to_string(), canonical);
        assert_eq!(parse(canonical).unwrap().to_string(), canonical);
    }

    #[test]
    fn reads_and_prints() {
        prints("rise(weight,72 h)>gain_3d", "rise(weight, 72 h) > gain_3d");
        prints("latest( body-fat )-2 %<1 %", "latest(body-fat) - 2 % < 1 %");
        prints("latest(weight, 12h..36h ago) >= 3[lb_av]", "latest(weight, 12 h .. 36 h ago) >= 3 [lb_av]");
        prints(
            "(glucose<70mg/dL)2 times in 24h and not(a>1 or b>2)",
            "(glucose < 70 mg/dL) 2 times in 24 h and not (a > 1 or b > 2)",
        );
        prints("median(heart-rate,last 3) > 50 /min for 2 h", "median(heart-rate, last 3) > 50 /min for 2 h");
        prints("missing(body-weight, 3 d)", "missing(body-weight, 3 d)");
        prints("weight-gain_3d > -1 kg", "weight - gain_3d > -1 kg");
    }

    #[track_caller]
    fn refuses(text: &str, span: Span, message: &str) {
        let error = parse(text).unwrap_err();
        assert_eq!((error.span, error.message.as_str()), (span, message));
    }

    #[test]
    fn says_where() {
        refuses("latest(weight) > 5 lbs", 19..22, "unknown unit `lbs`");
        refuses("latest(weight", 13..13, "expected `)`");
        refuses("1 < weight < 2", 11..12, "a comparison has two sides");
        refuses("weight > 5 h", 9..12, "a time is no value");
        refuses("weight = 5 kg", 7..8, "unexpected `=`");
        refuses("weight > 5 kg weight", 14..20, "expected the condition to end here");
        refuses("latest(weight, 36 h .. 12 h ago) > 1 kg", 15..27, "the window is empty");
        assert!(parse(&"(".repeat(1_900)).is_err());
        assert!(parse(&"a".repeat(10_000)).is_err());
        assert!(parse(&"-".repeat(10)).is_err());
    }
}
