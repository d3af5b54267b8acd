"""What the clients that nobody here wrote need: a cluster that they can log in to, and trust."""

from sim import ADMIN, default_world

PASSWORD = "correct horse 9"
LOGINS = ("token", "ticket")
NAME = ADMIN.split("!")[0]


def cluster(case, **options):
    """A simulated cluster whose admin also has a password, with a certificate to verify."""
    world = default_world()
    world["access"]["users"][NAME]["password"] = PASSWORD
    return case.sim(world=world, save=True, **options)


def authority(sim):
    """The file of the CA that signed its certificate."""
    return str(sim.folder / "ca" / "ca.pem")


def credentials(sim, login, token, secret, prefix=""):
    """How a client is told who it is; its own names for a token's name and secret."""
    if login == "ticket":
        return {prefix + "password": PASSWORD}
    return {prefix + token: ADMIN.split("!")[1], prefix + secret: sim.tokens[ADMIN]}
