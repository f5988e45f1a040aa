// Runs inside Thunderbird, with its own rights: what a user does, done to its own objects. Sent there by thunderbird.ts.
const { MailServices } = ChromeUtils.importESModule('resource:///modules/MailServices.sys.mjs')
const { setTimeout: later } = ChromeUtils.importESModule('resource://gre/modules/Timer.sys.mjs')

/** Resolves when a folder operation is over. */
function listener() {
  const { promise, resolve, reject } = Promise.withResolvers()
  const end = (status) =>
    Components.isSuccessCode(status)
      ? resolve()
      : reject(new Error(`status ${status.toString(16)}`))
  return {
    promise,
    QueryInterface: ChromeUtils.generateQI(['nsIUrlListener', 'nsIMsgCopyServiceListener']),
    OnStartRunningUrl() {},
    OnStopRunningUrl: (_url, status) => end(status),
    onStartCopy() {},
    onProgress() {},
    setMessageKey() {},
    getMessageId: () => null,
    onStopCopy: end,
  }
}

async function until(look) {
  for (;;) {
    const found = look()
    if (found) return found
    await new Promise((resolve) => later(resolve, 50))
  }
}

const account = () => MailServices.accounts.accounts[0]
const root = () => account().incomingServer.rootFolder

/** A folder of the server by its path, `INBOX` or `Archive`. */
function folderAt(name) {
  const found = root().descendants.find(({ URI }) => decodeURI(URI).endsWith(`/${name}`))
  if (!found) throw new Error(`no folder ${name}: ${root().descendants.map(({ URI }) => URI)}`)
  return found
}

function hasFolder(name) {
  return root().descendants.some(({ URI }) => decodeURI(URI).endsWith(`/${name}`))
}

function messageIn(name, subject) {
  const found = [...folderAt(name).messages].find((one) => one.mime2DecodedSubject === subject)
  if (!found) throw new Error(`no "${subject}" in ${name}`)
  return found
}

/** Makes the authority's certificate trusted, as its owner does in the settings. */
function trust(ca) {
  Cc['@mozilla.org/security/x509certdb;1'].getService(Ci.nsIX509CertDB).addCertFromBase64(ca, 'C,,')
}

function enter(field, text) {
  field.focus()
  field.value = text
  field.dispatchEvent(new field.ownerGlobal.Event('input', { bubbles: true }))
  field.dispatchEvent(new field.ownerGlobal.Event('change', { bubbles: true }))
}

const actions = {
  /** Sets an account up in the page for it: name, address, password, and which of what it finds. */
  async wizard({ kind, user, password, ca }) {
    trust(ca)
    const window = await until(() => Services.wm.getMostRecentWindow('mail:3pane'))
    const tabmail = await until(() => window.document.getElementById('tabmail'))
    const tab = tabmail.openTab('contentTab', { url: 'about:accountsetup' })
    const page = await until(() => {
      const { contentDocument } = tab.browser
      return contentDocument?.readyState === 'complete' && contentDocument.getElementById('email')
        ? contentDocument
        : undefined
    })
    const at = (id) => page.getElementById(id)
    enter(at('realname'), 'Ada')
    enter(at('email'), user)
    enter(at('password'), password)
    await until(() => !at('continueButton').disabled)
    at('continueButton').click()
    await until(() => {
      const said = page.querySelector('#accountSetupNotifications notification-message[type=error]')
      if (said !== null) throw new Error(`it found nothing: ${said.textContent}`)
      return !at('resultsArea').hidden
    })
    at(`resultSelect-${kind}`).click()
    const info = (id) => at(`${id}-${kind}`).textContent.trim().replaceAll(/\s+/g, ' ')
    const found = ['incomingInfo', 'outgoingInfo', 'usernameInfo'].map(info)
    at('createButton').click()
    await until(() => {
      const said = page.querySelector('#accountSetupNotifications notification-message[type=error]')
      if (said !== null) throw new Error(`it could not sign in: ${said.textContent}`)
      return MailServices.accounts.accounts.find(
        ({ incomingServer }) => incomingServer.type === kind,
      )
    })
    return found
  },
  /** How the account and its outgoing server are set. */
  settings() {
    const { incomingServer, defaultIdentity } = account()
    const { hostName, port, socketType, authMethod, username, type } = incomingServer
    const smtp = MailServices.outgoingServer.getServerByIdentity(defaultIdentity)
    const outgoing = smtp.QueryInterface(Ci.nsISmtpServer)
    return {
      incoming: [type, hostName, port, socketType, authMethod, username],
      outgoing: [outgoing.hostname, outgoing.port, smtp.socketType, smtp.authMethod, smtp.username],
    }
  },
  /** Trusts the authority, and sets up an account with its outgoing server. */
  setUp({ kind, user, password, port, smtpPort, ca }) {
    trust(ca)
    const server = MailServices.accounts.createIncomingServer(user, 'localhost', kind)
    server.port = port
    server.socketType = Ci.nsMsgSocketType.SSL
    server.authMethod = Ci.nsMsgAuthMethod.passwordCleartext
    server.password = password
    server.doBiff = false
    if (kind === 'pop3') {
      const pop3 = server.QueryInterface(Ci.nsIPop3IncomingServer)
      pop3.leaveMessagesOnServer = true
      pop3.deleteMailLeftOnServer = true
    }
    const smtp = MailServices.outgoingServer.createServer('smtp')
    const outgoing = smtp.QueryInterface(Ci.nsISmtpServer)
    outgoing.hostname = 'localhost'
    outgoing.port = smtpPort
    smtp.username = user
    smtp.password = password
    smtp.socketType = Ci.nsMsgSocketType.SSL
    smtp.authMethod = Ci.nsMsgAuthMethod.passwordCleartext
    MailServices.outgoingServer.defaultServer = smtp
    const identity = MailServices.accounts.createIdentity()
    identity.email = user
    identity.fullName = 'Ada'
    identity.smtpServerKey = smtp.key
    identity.composeHtml = false
    const made = MailServices.accounts.createAccount()
    made.addIdentity(identity)
    made.incomingServer = server
    MailServices.accounts.defaultAccount = made
  },
  /** Asks the server for its folders, until it has these. */
  async discover(names) {
    account().incomingServer.performExpand(null)
    await until(() => names.every(hasFolder))
  },
  /** Opens a folder as a click on it does; returns what it shows. */
  async open(name) {
    const folder = folderAt(name)
    const done = listener()
    if (folder.server.type === 'pop3')
      MailServices.pop3.GetNewMail(null, done, folder, folder.server)
    else folder.QueryInterface(Ci.nsIMsgImapMailFolder).updateFolderWithListener(null, done)
    await done.promise
    return actions.list(name)
  },
  list(name) {
    return [...folderAt(name).messages].map((one) => ({
      subject: one.mime2DecodedSubject,
      isRead: one.isRead,
      isFlagged: one.isFlagged,
    }))
  },
  mark(name, subject, { isRead, isFlagged }) {
    const message = messageIn(name, subject)
    if (isRead !== undefined) folderAt(name).markMessagesRead([message], isRead)
    if (isFlagged !== undefined) folderAt(name).markMessagesFlagged([message], isFlagged)
  },
  async transfer(name, subject, target, isMove) {
    const done = listener()
    const messages = [messageIn(name, subject)]
    MailServices.copy.copyMessages(
      folderAt(name),
      messages,
      folderAt(target),
      isMove,
      done,
      null,
      false,
    )
    await done.promise
  },
  /** To the trash, as the Delete key does. */
  async remove(name, subject) {
    const done = listener()
    folderAt(name).deleteMessages([messageIn(name, subject)], null, false, false, done, false)
    await done.promise
  },
  async emptyTrash() {
    const done = listener()
    folderAt('Trash').emptyTrash(done)
    await done.promise
  },
  async compact(name) {
    const done = listener()
    folderAt(name).compact(done, null)
    await done.promise
  },
  /** The whole text of a message, fetched from wherever it is. */
  async read(name, subject) {
    const folder = folderAt(name)
    const uri = folder.getUriForMsg(messageIn(name, subject))
    const chunks = []
    const { promise, resolve, reject } = Promise.withResolvers()
    const stream = {
      QueryInterface: ChromeUtils.generateQI(['nsIStreamListener']),
      onStartRequest() {},
      onDataAvailable(_request, input, _offset, count) {
        const reader = Cc['@mozilla.org/scriptableinputstream;1'].createInstance(
          Ci.nsIScriptableInputStream,
        )
        reader.init(input)
        chunks.push(reader.readBytes(count))
      },
      onStopRequest: (_request, status) =>
        Components.isSuccessCode(status) ? resolve() : reject(new Error(`status ${status}`)),
    }
    MailServices.messageServiceFromURI(uri).streamMessage(uri, stream, null, null, false, '', false)
    await promise
    return chunks.join('')
  },
  /** Writes in its own window and sends; answers a message if one is named. */
  async send({ to, subject, body, answers }) {
    const fields = Cc['@mozilla.org/messengercompose/composefields;1'].createInstance(
      Ci.nsIMsgCompFields,
    )
    const params = Cc['@mozilla.org/messengercompose/composeparams;1'].createInstance(
      Ci.nsIMsgComposeParams,
    )
    params.composeFields = fields
    params.identity = account().defaultIdentity
    params.format = Ci.nsIMsgCompFormat.PlainText
    if (answers) {
      const [name, about] = answers
      params.type = Ci.nsIMsgCompType.ReplyToSender
      params.origMsgHdr = messageIn(name, about)
      params.originalMsgURI = folderAt(name).getUriForMsg(params.origMsgHdr)
    } else {
      params.type = Ci.nsIMsgCompType.New
      fields.to = to
      fields.subject = subject
      fields.body = body
    }
    MailServices.compose.OpenComposeWindowWithParams(null, params)
    const window = await until(() => Services.wm.getMostRecentWindow('msgcompose'))
    await until(() => window.composeEditorReady)
    if (answers) window.GetCurrentEditor().insertText(body)
    await window.GenericSendMessage(Ci.nsIMsgCompDeliverMode.Now)
    await until(() => window.closed)
  },
  quit() {
    later(() => Services.startup.quit(Ci.nsIAppStartup.eForceQuit), 0)
  },
}
