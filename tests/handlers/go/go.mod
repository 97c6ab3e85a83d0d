module gomicro.tests/handlers

go 1.27
