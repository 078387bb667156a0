/// A moment as date and time of day in UTC, in the proleptic Gregorian calendar.
package struct UTCTime: Sendable, Equatable {
  package let year: Int
  /// 1 to 12.
  package let month: Int
  /// 1 to 31.
  package let day: Int
  /// Days since Sunday, 0 to 6.
  package let weekday: Int
  package let hour: Int
  package let minute: Int
  package let second: Int

  /// The moment so many seconds after the start of 1970, which are not negative.
  package init(secondsSince1970 seconds: Int) {
    let days = seconds / 86400
    let time = seconds % 86400
    // Eras of 400 years that start on 1 March, so that a leap day ends its year.
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
    month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    // The first day of 1970 was a Thursday.
    weekday = (days + 4) % 7
    hour = time / 3600
    minute = time / 60 % 60
    second = time % 60
  }
}
