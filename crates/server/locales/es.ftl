# Lo que lee quien reserva. Breve, de usted, sin signos de exclamación; ambos catálogos tienen los mismos mensajes.

### Dates
weekday-1 = lunes
weekday-2 = martes
weekday-3 = miércoles
weekday-4 = jueves
weekday-5 = viernes
weekday-6 = sábado
weekday-7 = domingo
month-1 = enero
month-2 = febrero
month-3 = marzo
month-4 = abril
month-5 = mayo
month-6 = junio
month-7 = julio
month-8 = agosto
month-9 = septiembre
month-10 = octubre
month-11 = noviembre
month-12 = diciembre
date-day = { $weekday }, { $day } de { $month }
date-day-year = { $weekday }, { $day } de { $month } de { $year }
date-today = hoy, { $day } de { $month }
date-tomorrow = mañana, { $day } de { $month }
date-moment = { $day }, { $time }
time-morning = { $time } a. m.
time-afternoon = { $time } p. m.
zone = hora de { $place }
minutes = { $count } min

### On every page
skip = Ir al contenido
call = Llamar al { $phone }
back = Atrás
progress = Paso { $step } de 5: { $name }
step-1 = Usted
step-2 = Visita
step-3 = Hora
step-4 = Datos
step-5 = Reservada
so-far = Su elección hasta ahora
chosen-type = Visita
chosen-when = Cuándo
chosen-with = Con
chosen-where = Dónde
chosen-who = Para
language = Idioma
offline = No hay conexión en este momento. No se ha perdido nada; inténtelo de nuevo.
footer-website = Sitio web
title-page = { $title } · { $practice }

### Have you been here before?
client-title = ¿Ha venido antes?
client-new = No, es nuestra primera visita
client-new-help = Nos alegra que nos haya encontrado.
client-returning = Sí, ya hemos venido
client-returning-help = Bienvenidos de nuevo.
client-urgent = ¿Es una urgencia? Llame ahora al { $phone }.
client-urgent-no-phone = ¿Es una urgencia? Llámenos en lugar de reservar aquí.

### What does your pet need?
type-title = ¿Qué necesita su mascota?
type-urgent = Si no puede esperar, llame al { $phone }.
type-urgent-no-phone = Si no puede esperar, llámenos.
type-none = Ahora mismo no hay nada que reservar en línea. Llámenos, por favor.
type-gone = Elija de nuevo qué necesita su mascota.

### When suits you?
time-title = ¿Cuándo le viene bien?
time-title-move = ¿Cuándo le viene mejor?
time-zone = Las horas son en { $zone }.
time-next = Lo más pronto
time-kept = Guardada para usted
time-part-morning = Por la mañana
time-part-afternoon = Por la tarde
time-part-evening = Por la noche
time-count = { $count ->
    [one] 1 hora
   *[other] { $count } horas
}
time-later = Días siguientes
time-first = Volver a los primeros días
time-provider = Con
time-anyone = Cualquiera
time-jump = Buscar desde una fecha
time-jump-do = Mostrar
time-jump-wrong = Elija una fecha entre hoy y el { $date }.
time-lost = Esa hora se acaba de ocupar. Estas son las más cercanas.
time-lost-none = Esa hora se acaba de ocupar.
time-closed = Esa hora ya no se puede reservar. Elija otra, por favor.
time-busy = Ha elegido muchas horas en poco tiempo. Espere un minuto y elija de nuevo.
time-too-many = Ahora no podemos guardarle más horas. Llámenos, por favor.
time-none-title = No hay horas hasta el { $date }
time-none = Hemos mirado todos los días hasta entonces.
time-none-call = Llame al { $phone } y buscaremos una juntos.
time-none-anyone = Buscar con cualquiera
time-none-again = Buscar de nuevo desde hoy

### How can we reach you?
details-title = ¿Cómo podemos contactarle?
details-kept = Le guardamos { $when } hasta las { $until }.
details-you = Usted
details-pet = Su mascota
details-first-name = Nombre
details-last-name = Apellidos
details-email = Correo electrónico
details-email-help = Para que podamos escribirle.
details-phone = Teléfono
details-phone-help = Por si algo cambia.
details-pet-name = Nombre
details-species = ¿Qué animal es?
details-breed = Raza
details-note = ¿Algo que debamos saber?
details-note-help = Qué ha notado, desde cuándo, medicinas.
details-optional = opcional
details-consent = { $practice } puede guardar estos datos y contactarme sobre esta visita.
details-next = Continuar
species-dog = Perro
species-cat = Gato
species-rabbit = Conejo
species-bird = Ave
species-other = Otro

### Errors of the form
errors-title = { $count ->
    [one] Revise una cosa
   *[other] Revise { $count } cosas
}
error-first-name = Escriba su nombre.
error-last-name = Escriba sus apellidos.
error-email = Escriba un correo electrónico, por ejemplo ana@example.com.
error-phone = Añada el prefijo, por ejemplo 512 555 0100.
error-phone-international = Escriba su teléfono con el prefijo.
error-pet-name = Escriba el nombre de su mascota.
error-species = Elija qué animal es su mascota.
error-consent = Marque la casilla para que podamos guardar estos datos para su visita.
error-too-long = Es demasiado largo; caben { $most } caracteres.
error-twice = Nos ha llegado dos veces. Escríbalo de nuevo.
error-characters = Hay un carácter que no podemos guardar. Escríbalo de nuevo.

### Does this look right?
confirm-title = ¿Está todo bien?
confirm-do = Reservar esta visita
confirm-ask = Pedir esta visita
confirm-ask-help = La clínica tiene que aceptarla primero.
confirm-change = Cambiar
confirm-change-what = Cambiar { $what }
confirm-contact = Usted
confirm-pet = Su mascota
confirm-note = A tener en cuenta

### Done
done-title = Su visita está reservada.
done-lead = Hemos enviado los datos a { $email }.
asked-title = Hemos avisado a la clínica.
asked-lead = Le responderá por correo a { $email }.
asked-lead-plain = Se pondrá en contacto con usted.
done-bring = Qué traer
done-calendar = Añadir al calendario
done-move = Cambiar la hora
done-cancel = Cancelar
done-again = Reservar otra visita
done-later = Se puede cambiar aquí hasta { $until }.

### Your appointment
appointment-title = Su cita
appointment-requested = La clínica aún no ha respondido.
appointment-moved = Su cita se ha cambiado.
appointment-cancelled = Su cita está cancelada.
appointment-declined = La clínica no pudo aceptar esta cita.
appointment-over = Esta cita ya pasó.
appointment-late = Falta muy poco para cambiarla aquí. Llame al { $phone }.
appointment-late-no-phone = Falta muy poco para cambiarla aquí. Llámenos, por favor.
cancel-title = ¿Cancelar esta cita?
cancel-do = Sí, cancelarla
cancel-keep = Mantenerla
move-title = ¿Cambiar su cita?
move-from = Ahora
move-to = Nueva hora
move-do = Cambiarla

### When something is in the way
expired-title = Ha estado fuera un rato
expired-lead = Para que las horas sigan libres para todos, paramos aquí. Puede seguir donde estaba.
expired-do = Seguir
missing-title = Aquí no hay nada
missing-lead = El enlace puede estar incompleto o ser muy antiguo.
unknown-title = Esta clínica no está aquí
unknown-lead = Revise el enlace o pida uno nuevo a la clínica.
closed-title = Aquí no se puede reservar en línea
closed-lead = Llame o escriba a la clínica, por favor.
busy-title = Un momento, por favor
busy-lead = Ha habido muchas visitas desde su red. Inténtelo de nuevo en un minuto.
broken-title = Algo ha fallado por nuestra parte
broken-lead = No se ha perdido nada. Inténtelo en un momento o llámenos.
refused-title = Este formulario viene de otro sitio web
refused-lead = Reserve en la página de la clínica, por favor.
too-large-title = Ha sido demasiado de una vez
too-large-lead = Vuelva atrás y acorte lo que escribió.
late-title = No nos ha llegado
late-lead = Lo que envió tardó demasiado en llegar. Vuelva atrás y envíelo de nuevo, por favor.
try-again = Intentar de nuevo
start-over = Empezar de nuevo

### Mails
mail-greeting = Hola, { $name }:
mail-requested-subject = Hemos avisado a la clínica: { $patient }, { $when }
mail-requested-lead = { $practice } responde por correo. Hasta entonces, la hora es suya.
mail-booked-subject = Reservada: { $patient }, { $when }
mail-moved-subject = Nueva hora: { $patient }, { $when }
mail-moved-title = Su cita tiene una nueva hora.
mail-cancelled-subject = Cancelada: { $patient }, { $when }
mail-declined-subject = No es posible: { $patient }, { $when }
mail-declined-lead = Otra hora puede servir. Elija una o pregúntenos, por favor.
mail-when = { $moment } ({ $zone })
mail-change = Cambiar la hora o cancelar
mail-change-call = Para cambiar la hora o cancelar, llame al { $phone }.
mail-change-ask = Para cambiar la hora o cancelar, llame a la clínica, por favor.
mail-again-call = Para reservar otra visita, llame al { $phone }.
mail-again-ask = Para reservar otra visita, llame a la clínica, por favor.
mail-why = Recibe este correo porque se dio esta dirección para una cita en { $practice }.
