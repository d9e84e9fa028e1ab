# What visitors read. Short, second person, no exclamation marks; both catalogues have the same messages.

### Dates
weekday-1 = Monday
weekday-2 = Tuesday
weekday-3 = Wednesday
weekday-4 = Thursday
weekday-5 = Friday
weekday-6 = Saturday
weekday-7 = Sunday
month-1 = January
month-2 = February
month-3 = March
month-4 = April
month-5 = May
month-6 = June
month-7 = July
month-8 = August
month-9 = September
month-10 = October
month-11 = November
month-12 = December
date-day = { $weekday }, { $month } { $day }
date-day-year = { $weekday }, { $month } { $day }, { $year }
date-today = Today, { $month } { $day }
date-tomorrow = Tomorrow, { $month } { $day }
date-moment = { $day }, { $time }
time-morning = { $time } AM
time-afternoon = { $time } PM
zone = { $place } time
minutes = { $count } min

### On every page
skip = Skip to the content
call = Call { $phone }
back = Back
progress = Step { $step } of 5: { $name }
step-1 = You
step-2 = Visit
step-3 = Time
step-4 = Details
step-5 = Booked
so-far = Your choice so far
chosen-type = Visit
chosen-when = When
chosen-with = With
chosen-where = Where
chosen-who = For
language = Language
offline = There is no connection at the moment. Nothing is lost; please try again.
footer-website = Website
title-page = { $title } · { $practice }

### Have you been here before?
client-title = Have you been here before?
client-new = No, this is our first visit
client-new-help = We’re glad you found us.
client-returning = Yes, we’ve been here
client-returning-help = Welcome back.
client-urgent = Is it an emergency? Please call { $phone } now.
client-urgent-no-phone = Is it an emergency? Please call us instead of booking here.

### What does your pet need?
type-title = What does your pet need?
type-urgent = If it can’t wait, call { $phone }.
type-urgent-no-phone = If it can’t wait, please call us.
type-none = There is nothing to book online at the moment. Please call us.
type-gone = Please choose again what your pet needs.

### When suits you?
time-title = When suits you?
time-title-move = When suits you better?
time-zone = Times are in { $zone }.
time-next = Next available
time-kept = Kept for you
time-part-morning = Morning
time-part-afternoon = Afternoon
time-part-evening = Evening
time-count = { $count ->
    [one] 1 time
   *[other] { $count } times
}
time-later = Later days
time-first = Back to the first days
time-provider = With
time-anyone = Anyone
time-jump = Look from a date
time-jump-do = Show
time-jump-wrong = Choose a date from today until { $date }.
time-lost = That time has just been taken. These are the nearest.
time-lost-none = That time has just been taken.
time-closed = That time can’t be booked any more. Please choose another.
time-busy = You’ve chosen many times in a short while. Please wait a minute, then choose again.
time-too-many = No more times can be kept for you at the moment. Please call us.
time-none-title = No times until { $date }
time-none = We looked at every day until then.
time-none-call = Call { $phone } and we’ll find one together.
time-none-anyone = Look with anyone
time-none-again = Look again from today

### How can we reach you?
details-title = How can we reach you?
details-kept = { $when } is kept for you until { $until }.
details-you = You
details-pet = Your pet
details-first-name = First name
details-last-name = Last name
details-email = Email
details-email-help = So that we can write to you.
details-phone = Phone
details-phone-help = In case something changes.
details-pet-name = Name
details-species = What kind of animal?
details-breed = Breed
details-note = Anything we should know?
details-note-help = What you’ve noticed, since when, medicines.
details-optional = optional
details-consent = { $practice } may keep these details and contact me about this visit.
details-next = Continue
species-dog = Dog
species-cat = Cat
species-rabbit = Rabbit
species-bird = Bird
species-other = Other

### Errors of the form
errors-title = { $count ->
    [one] One thing needs another look
   *[other] { $count } things need another look
}
error-first-name = Enter your first name.
error-last-name = Enter your last name.
error-email = Enter an email address, for example ana@example.com.
error-phone = Add the area code, for example 512 555 0100.
error-phone-international = Enter your phone number with its area code.
error-pet-name = Enter your pet’s name.
error-species = Choose what kind of animal your pet is.
error-consent = Tick the box so that we may keep these details for your visit.
error-too-long = This is too long; { $most } characters fit.
error-twice = This came twice. Please type it again.
error-characters = This has a character that we can’t keep. Please type it again.

### Does this look right?
confirm-title = Does this look right?
confirm-do = Book this visit
confirm-ask = Ask for this visit
confirm-ask-help = The practice has to accept it first.
confirm-change = Change
confirm-change-what = Change { $what }
confirm-contact = You
confirm-pet = Your pet
confirm-note = To know

### Done
done-title = You’re booked.
done-lead = We’ve sent the details to { $email }.
asked-title = We’ve asked the practice.
asked-lead = They’ll answer by email to { $email }.
asked-lead-plain = They’ll be in touch.
done-bring = What to bring
done-calendar = Add to calendar
done-move = Change the time
done-cancel = Cancel
done-again = Book another visit
done-later = It can be changed here until { $until }.

### Your appointment
appointment-title = Your appointment
appointment-requested = The practice has not answered yet.
appointment-moved = Your appointment has moved.
appointment-cancelled = Your appointment is cancelled.
appointment-declined = The practice could not take this appointment.
appointment-over = This appointment is over.
appointment-late = It’s too close to your visit to change it here. Call { $phone }.
appointment-late-no-phone = It’s too close to your visit to change it here. Please call us.
cancel-title = Cancel this appointment?
cancel-do = Yes, cancel it
cancel-keep = Keep it
move-title = Move your appointment?
move-from = Now
move-to = New time
move-do = Move it

### When something is in the way
expired-title = You were away for a while
expired-lead = To keep times open for everyone, we stopped here. You can go on where you were.
expired-do = Go on
missing-title = There is nothing here
missing-lead = The link may be incomplete, or too old.
unknown-title = This practice is not here
unknown-lead = Please check the link, or ask the practice for a new one.
closed-title = Booking online is not possible here
closed-lead = Please call or write to the practice.
busy-title = One moment, please
busy-lead = There have been many visits from your network. Please try again in a minute.
broken-title = Something went wrong on our side
broken-lead = Nothing is lost. Please try again in a moment, or call us.
refused-title = This form came from another website
refused-lead = Please book on the practice’s own page.
too-large-title = That was too much at once
too-large-lead = Please go back and shorten what you wrote.
late-title = It didn’t get through
late-lead = What you sent took too long to arrive. Please go back and send it again.
try-again = Try again
start-over = Start again

### Mails
mail-greeting = Hello { $name },
mail-requested-subject = We’ve asked the practice: { $patient }, { $when }
mail-requested-lead = { $practice } answers by email. The time is yours until then.
mail-booked-subject = Booked: { $patient }, { $when }
mail-moved-subject = New time: { $patient }, { $when }
mail-moved-title = Your appointment has a new time.
mail-cancelled-subject = Cancelled: { $patient }, { $when }
mail-declined-subject = Not possible: { $patient }, { $when }
mail-declined-lead = Another time may work. Please choose one, or ask us.
mail-when = { $moment } ({ $zone })
mail-change = Change the time or cancel
mail-change-call = To change the time or cancel, call { $phone }.
mail-change-ask = To change the time or cancel, please call the practice.
mail-again-call = To book another visit, call { $phone }.
mail-again-ask = To book another visit, please call the practice.
mail-why = You get this mail because this address was given for an appointment at { $practice }.
