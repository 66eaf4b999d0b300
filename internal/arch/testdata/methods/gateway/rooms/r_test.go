package rooms

const inTest = "rooms.send"
